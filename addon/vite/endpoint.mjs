// The endpoint for runs: POST <base>__run/<snippet>, answered while the snippet prints, one JSON object a line.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { equal, isLocalName, isOwn, isOwnPage, LOOPBACK } from './peer.mjs'
import { run } from './run.mjs'

/** Says why a request may not run anything; undefined when it may. */
export function refusal(request, token) {
  const { method, headers, socket } = request
  if (method !== 'POST')
    return 'a snippet runs by POST alone'
  if (!LOOPBACK.test(socket.remoteAddress))
    return 'snippets run for this machine alone'
  if (!isLocalName(request))
    return 'the deck goes by another host name'
  if (!isOwnPage(request))
    return 'only the deck itself may run its snippets'
  if (!equal(headers['x-run-token'], token))
    return 'this page is older than the server: reload it'
}

/** Handles runs of the snippets in `folder`, one at a time; `equal` tells whether one printed its recording. */
export function runEndpoint({ folder, recordings, python, token }) {
  let busy = false
  return async (request, response) => {
    const refuse = (status, reason) =>
      response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${reason}\n`)
    const reason = refusal(request, token) ?? (isOwn(request.socket) ? undefined : 'snippets run for the user who presents alone')
    const name = request.url.slice(1)
    const isNode = name.endsWith('.mjs')
    const snippet = join(folder, isNode ? name : `${name}.py`)
    if (reason)
      return refuse(403, reason)
    if (!/^\w+(\.mjs)?$/.test(name) || !existsSync(snippet))
      return refuse(404, 'there is no snippet of that name')
    if (!isNode && !existsSync(python))
      return refuse(503, 'there is no .venv to run it in: make one with what it imports')
    if (busy)
      return refuse(409, 'a snippet is running already')

    busy = true
    const gone = new AbortController()
    response.once('close', () => gone.abort()) // a stop, a change of slide, a closed page: all look like this
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' })
    const emit = event => response.destroyed || response.write(`${JSON.stringify(event)}\n`)
    try {
      const { stdout, ...end } = await run(isNode ? process.execPath : python, snippet, emit, gone.signal)
      const recording = join(recordings, `${name}.txt`)
      emit({ ...end, equal: existsSync(recording) && readFileSync(recording, 'utf8') === stdout })
    }
    catch (error) {
      emit({ ended: error.message })
    }
    busy = false
    response.end()
  }
}
