// What needs a deck that is presented, in one process: a server and its first page cost more than most of these tests.
// No part may wait while it is imported: the others would come before it.
import './presented/mutants.mjs'
import './presented/stage.mjs'
import './presented/guard.mjs'
import './presented/look.mjs' // the last one: it stops the server
