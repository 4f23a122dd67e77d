// What a scripted browser needs of a page: elements by their id, and what pressing a button sends.

const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[^\s=>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*)\s*\/?>/gi
const ATTRIBUTE = /([^\s=>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g
const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decoded(text) {
  return text.replace(/&(#x[0-9a-f]+|#[0-9]+|[a-z]+);/gi, (whole, name) => {
    if (/^#x/i.test(name)) return String.fromCodePoint(parseInt(name.slice(2), 16))
    if (name.startsWith('#')) return String.fromCodePoint(parseInt(name.slice(1), 10))
    return ENTITIES[name.toLowerCase()] ?? whole
  })
}

function attributes(text) {
  const found = {}
  for (const [, name, double, single, bare] of text.matchAll(ATTRIBUTE)) {
    found[name.toLowerCase()] = decoded(double ?? single ?? bare ?? '')
  }
  return found
}

/** A page as far as it matters: its elements with their attributes, and its forms. */
export class Page {
  constructor(url, status, html) {
    this.url = url
    this.status = status
    this.html = html
    this.elements = []
    this.forms = []
    let form = null
    for (const [, closing, tag, rest] of html.matchAll(TAG)) {
      const name = tag.toLowerCase()
      if (closing) {
        if (name === 'form') form = null
        continue
      }
      const element = { name, attributes: attributes(rest), form }
      this.elements.push(element)
      if (name === 'form') {
        const { action = '', method = 'get', enctype = 'application/x-www-form-urlencoded' } = element.attributes
        form = { action, method: method.toUpperCase(), enctype, fields: [] }
        this.forms.push(form)
      } else if (form) {
        addField(form, element)
      }
    }
  }

  byId(id) {
    return this.elements.find((element) => element.attributes.id === id)
  }

  has(id) {
    return this.byId(id) !== undefined
  }

  /** The attribute of the elements of one kind, such as every `href` of `a`. */
  all(name, attribute) {
    const those = this.elements.filter((element) => element.name === name)
    return those.map((element) => element.attributes[attribute]).filter((value) => value !== undefined)
  }

  /** The stable marker of Magpie's own pages. */
  get marker() {
    const meta = this.elements.find((element) => element.attributes.name === 'magpie-page')
    return meta?.attributes.content ?? null
  }

  /** What pressing the button with this id sends, after the fields named by id are filled. */
  press(id, filled = {}) {
    const button = this.byId(id)
    if (!button?.form) throw new Error(`no button #${id} in a form at ${this.url}`)
    const { form } = button
    const body = new URLSearchParams()
    for (const field of form.fields) {
      if (field.button && field.id !== id) continue
      if (field.name) body.append(field.name, filled[field.id] ?? field.value)
    }
    return { url: new URL(form.action || this.url, this.url), method: form.method, enctype: form.enctype, body }
  }
}

function addField(form, { name, attributes: has }) {
  const field = { id: has.id ?? '', name: has.name ?? '', value: has.value ?? '' }
  if (name === 'button' || (name === 'input' && has.type === 'submit')) form.fields.push({ ...field, button: true })
  else if (name === 'input' || name === 'textarea') form.fields.push(field)
  else if (name === 'select') form.fields.push({ ...field, select: true })
  else if (name === 'option') {
    const select = form.fields.findLast((one) => one.select)
    // A select sends its first option unless another is marked.
    if (select && (!select.value || has.selected !== undefined)) select.value = has.value ?? ''
  }
}
