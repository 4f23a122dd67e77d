// So many modules work at once; one that sleeps gives its turn away.

export class Slots {
  constructor(free) {
    this.free = free
    this.waiting = []
  }

  async enter() {
    if (this.free > 0) {
      this.free -= 1
      return
    }
    await new Promise((resolve) => this.waiting.push(resolve))
  }

  leave() {
    const next = this.waiting.shift()
    if (next) next()
    else this.free += 1
  }
}
