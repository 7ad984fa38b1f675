// What needs a deck that is served while it is written, and not presented, in one process: a server and its first page cost more than most of these tests.
// No part may wait while it is imported: the others would come before it.
import './written/pdf.mjs'
import './written/hot-reload.mjs' // the last one: it changes the deck
