// Gives Slidev's export this addon's Playwright, whether or not the deck has its own: `node --import ./lend.mjs slidev export`.
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const OURS = new URL('patient.mjs', import.meta.url).href

if (isMainThread)
  register(import.meta.url)

/** Resolves as Node does, except for Playwright, asked for by name or by the path of the deck's own. */
export async function resolve(name, context, next) {
  return /(?:^|\/)playwright-chromium(?:\/|$)/.test(name) && context.parentURL !== OURS
    ? { url: OURS, shortCircuit: true }
    : next(name, context)
}
