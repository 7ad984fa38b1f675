// The messages that keep a deck's windows in step, checked before the server stores them or passes them on.
const UNDEFINED = '__UNDEFINED___' // as vite-plugin-vue-server-ref writes it

const number = Number.isFinite
const count = value => Number.isSafeInteger(value) && value >= 0
const text = most => value => typeof value === 'string' && value.length <= most
const one = (...values) => value => values.includes(value)
const maybe = check => value => value === UNDEFINED || check(value)
const plain = value => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Accepts objects with these fields and no others; those in `needed` are required. */
const object = (fields, needed = []) => value => plain(value)
  && needed.every(key => Object.hasOwn(value, key))
  && Object.entries(value).every(([key, part]) => Object.hasOwn(fields, key) && fields[key](part))

/** Accepts objects with at most `most` keys matching `key` and values passing `check`. */
const record = (key, most, check) => value => plain(value)
  && Object.keys(value).length <= most
  && Object.entries(value).every(([name, part]) => key.test(name) && check(part))

const SLIDE = /^\d{1,4}$/
const NAME = /^(?!constructor$|prototype$)[a-zA-Z][\w -]{0,40}$/

const nav = {
  page: count,
  clicks: count,
  clicksTotal: count,
  timer: object({
    status: one('stopped', 'running', 'paused'),
    slides: record(SLIDE, 1000, object({ start: maybe(number), end: maybe(number) })),
    startedAt: number,
    pausedAt: number,
  }, ['status', 'slides', 'startedAt', 'pausedAt']),
  cursor: maybe(object({ x: number, y: number, style: maybe(one('cursor', 'laser')) })),
  lastUpdate: maybe(object({ id: text(40), type: one('presenter', 'viewer'), time: count })),
}

// Lines and shapes only: a drawing is inserted into every window unescaped.
const SHAPES = /^(?:<(?:path|line|rect|ellipse|circle|polygon|polyline|g|defs|marker)(?: (?!on|href|xlink|style)[\w:-]+="[^"<>]*")* ?\/?>|<\/[a-z]+>)*$/i
const shapes = value => text(500_000)(value) && SHAPES.test(value)
const scalar = value => typeof value === 'boolean' || number(value) || text(60)(value)
const scalars = value => Array.isArray(value) ? value.length <= 64 && value.every(scalar) : record(NAME, 64, scalar)(value)

// A state's path: how large a message may be, and what one sets (`data`) or changes (`patch`).
const STATES = {
  '/@server-reactive/nav': { most: 16_384, data: object(nav, ['page', 'clicks', 'timer']), patch: object(nav) },
  '/@server-reactive/drawings': { most: 1_048_576, patch: record(SLIDE, 1000, maybe(shapes)) },
  '/@server-reactive/share': { most: 16_384, patch: record(NAME, 64, scalars) },
}

/** Whether a path is one that windows write to. */
export const isState = path => Object.hasOwn(STATES, path)

/** The largest message for a state, in bytes. */
export const most = path => STATES[path].most

/** Returns a message for a state as it may be passed on, as JSON; undefined when it is not one. */
export function checked(path, body) {
  let message
  try {
    message = JSON.parse(body)
  }
  catch {
    return undefined
  }
  const { data, patch } = STATES[path]
  const fits = object({
    source: text(40),
    timestamp: count,
    ...data && { data },
    patch,
  })(message) && Object.hasOwn(message, 'data') !== Object.hasOwn(message, 'patch')
  return fits ? JSON.stringify(message) : undefined
}

/** Whether a message of Vite's client may reach the server: that a module could not be replaced, and nothing else. */
export function isClientMessage(raw) {
  try {
    const { type, event, data, ...rest } = JSON.parse(String(raw))
    return type === 'custom' && event === 'vite:invalidate' && Object.keys(rest).length === 0
      && object({ path: text(2000), message: maybe(text(10_000)), firstInvalidatedBy: text(2000) }, ['path', 'firstInvalidatedBy'])(data)
  }
  catch {
    return false
  }
}
