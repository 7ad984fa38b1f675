import { basename } from 'node:path'

/** Says what went wrong in one line and ends with status 2. */
export function fail(message) {
  console.error(`${basename(process.argv[1], '.mjs')}: ${message}`)
  process.exit(2)
}
