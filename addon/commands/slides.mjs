// Prints the slides of a deck, hidden ones too, as data: `slides.mjs [deck.md]`.
import { fail } from '../deck/fail.mjs'
import { load } from '../deck/slides.mjs'

try {
  console.log(JSON.stringify((await load(process.argv[2])).all, null, 2))
}
catch (error) {
  fail(error.message)
}
