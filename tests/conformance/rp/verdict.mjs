// What one module found, and how the suite would end it.
// Remarks are constant sentences: the table in docs/conformance.md holds them, so no time, token or port belongs there.

/** Ends a module early; what was noted so far stands. */
export class Stop extends Error {}

export class Verdict {
  constructor() {
    this.failures = []
    this.warnings = []
    this.reviews = []
    this.skipped = null
    this.details = []
  }

  fail(remark, detail) {
    note(this.failures, remark)
    if (detail !== undefined) this.details.push(`${remark}: ${printed(detail)}`)
  }

  warn(remark, detail) {
    note(this.warnings, remark)
    if (detail !== undefined) this.details.push(`${remark}: ${printed(detail)}`)
  }

  /** The suite would ask a person to look at a page here; the remark says what the page is. */
  review(remark) {
    note(this.reviews, remark)
  }

  skip(remark) {
    this.skipped = remark
    throw new Stop(remark)
  }

  /** A failure after which the module goes on. */
  check(holds, remark, detail) {
    if (!holds) this.fail(remark, detail)
    return Boolean(holds)
  }

  /** A failure after which the module cannot go on. */
  demand(holds, remark, detail) {
    if (holds) return
    this.fail(remark, detail)
    throw new Stop(remark)
  }

  /** What certification accepts, but the suite marks. */
  wish(holds, remark, detail) {
    if (!holds) this.warn(remark, detail)
  }

  get result() {
    if (this.failures.length) return 'FAILED'
    if (this.skipped) return 'SKIPPED'
    if (this.warnings.length) return 'WARNING'
    if (this.reviews.length) return 'REVIEW'
    return 'PASSED'
  }

  get remarks() {
    return [...this.failures, ...(this.skipped ? [this.skipped] : []), ...this.warnings, ...this.reviews]
  }
}

function note(list, remark) {
  if (!list.includes(remark)) list.push(remark)
}

function printed(detail) {
  if (detail instanceof Error) return causes(detail)
  return typeof detail === 'string' ? detail : JSON.stringify(detail)
}

/** An error with everything behind it, on one line. */
export function causes(error) {
  const all = []
  for (let next = error; next; next = next.cause) {
    all.push(next instanceof Error ? `${next.name} ${next.code ?? ''} ${next.message}` : printed(next))
  }
  return all.join(' <- ')
}
