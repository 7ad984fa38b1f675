// Lends Slidev's export the browser of this addon, whether or not the deck has a Playwright: `node --import ./lend.mjs slidev export`.
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const OURS = new URL('patient.mjs', import.meta.url).href

if (isMainThread)
  register(import.meta.url)

/** Finds a module as Node does, and ours where Slidev asks for Playwright by its name or by the path of the deck's own. */
export async function resolve(name, context, next) {
  return /(?:^|\/)playwright-chromium(?:\/|$)/.test(name) && context.parentURL !== OURS
    ? { url: OURS, shortCircuit: true }
    : next(name, context)
}
