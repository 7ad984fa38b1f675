import { basename } from 'node:path'

/** Reports an error in one line and exits with status 2. */
export function fail(message) {
  console.error(`${basename(process.argv[1], '.mjs')}: ${message}`)
  process.exit(2)
}
