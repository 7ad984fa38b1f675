// Asks every external address in the deck whether it still answers.
import { fail } from '../deck/fail.mjs'
import { linksOf } from '../deck/links.mjs'
import { load } from '../deck/slides.mjs'

async function answer(url) {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(20_000), headers: { 'user-agent': 'Mozilla/5.0 (link check)' } })
    return status < 400 ? undefined : `status ${status}`
  }
  catch (error) {
    return error.cause?.message ?? error.message
  }
}

const { slides } = await load().catch(error => fail(error.message))
const external = slides.flatMap(slide => linksOf(slide).filter(({ external }) => external).map(link => ({ no: slide.no, file: slide.file, ...link })))
const answers = await Promise.all(external.map(({ target }) => answer(target)))
external.forEach(({ no, file, target, line }, i) => console.log(`${answers[i] ? 'dead' : 'fine'}  ${target}  ${file}:${line}, slide ${no}${answers[i] ? `: ${answers[i]}` : ''}`))
process.exitCode = answers.some(Boolean) ? 1 : 0
