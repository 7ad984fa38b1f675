// `--remote[=PASSWORD]`: who may move the deck from another machine. The password goes to this deck's own guard and not
// to Slidev, which would hand it to every viewer and ask a public service for this machine's address.
import { randomInt } from 'node:crypto'

const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789' // none that looks like another

/** Takes the password for the guard out of a command's arguments; returns the rest. A bare `--remote` makes one up. */
export function takeRemote(args) {
  if (args.some(arg => /^--tunnel(=|$)/.test(arg)))
    throw new Error('--tunnel would put this machine on the internet; build the site and show that instead')
  const at = args.findIndex(arg => /^--remote(=|$)/.test(arg))
  if (at < 0)
    return args
  const [, joined] = args[at].match(/^--remote=?(.*)$/)
  const following = args[at].includes('=') || /^-|\.md$/.test(args[at + 1] ?? '-') ? undefined : args[at + 1]
  process.env.DECK_PASSWORD = joined || following || Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  if (!joined && !following)
    console.log(`\n  password for the presenter on other machines: ${process.env.DECK_PASSWORD}`)
  // Its key `c` would ask the public service too: without a terminal it reads no keys.
  Object.defineProperty(process.stdin, 'isTTY', { value: false, configurable: true })
  return [...args.slice(0, at), '--remote=', ...args.slice(at + (following === undefined ? 1 : 2))]
}
