/** A snippet that the dev server runs, shown in every open window of the deck as it prints. */
import { token } from 'virtual:run-token'
import { onUnmounted, shallowRef } from 'vue'

export interface Output {
  running: boolean
  seconds: number
  printed: { from: 'stdout' | 'stderr', text: string }[]
  /** The exit status, and whether standard output is the recording. */
  status?: number
  equal?: boolean
  /** Why it was ended. */
  ended?: string
  /** Why it was not even started: the recording stays. */
  refused?: string
}

/** Snippets run only while the deck is presented from its dev server on this machine. */
export const canRun = token !== ''

async function* lines(body: ReadableStream<Uint8Array>) {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  let rest = ''
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const parts = (rest + piece.value).split('\n')
    rest = parts.pop()!
    yield* parts
  }
}

export function useStage(snippet: string) {
  const output = shallowRef<Output>() // none: the recording is shown
  const windows = new BroadcastChannel(`run ${snippet}`)
  let mine: AbortController | undefined

  function show(next?: Output) {
    output.value = next
    windows.postMessage(next)
  }

  async function run() {
    const request = mine = new AbortController()
    let started = false
    const start = performance.now()
    let now: Output = { running: true, seconds: 0, printed: [] }
    function update(change: Partial<Output> = {}) {
      now = { ...now, seconds: (performance.now() - start) / 1000, ...change }
      if (mine === request)
        show(now)
    }
    const clock = setInterval(update, 100)
    try {
      const response = await fetch(`${import.meta.env.BASE_URL}__run/${snippet}`, {
        method: 'POST',
        headers: { 'X-Run-Token': token },
        signal: request.signal,
      })
      if (!response.ok)
        throw new Error((await response.text()).trim())
      started = true
      for await (const line of lines(response.body!)) {
        const { stdout, stderr, ...end } = JSON.parse(line)
        const text = stdout ?? stderr
        update(text ? { printed: [...now.printed, { from: stdout ? 'stdout' : 'stderr', text }] } : end)
      }
    }
    catch (error) {
      const why = request.signal.aborted ? 'stopped' : error instanceof TypeError ? 'the server that runs snippets is gone' : (error as Error).message
      update(started ? { ended: why } : { refused: why })
    }
    clearInterval(clock)
    update({ running: false })
    if (mine === request)
      mine = undefined
  }

  /** Ends the run, whichever window started it. */
  function stop() {
    if (mine)
      mine.abort()
    else
      windows.postMessage('stop')
  }

  /** Ends the run if it was started here, and shows the recording again. */
  function leave() {
    mine?.abort()
    mine = undefined
    show()
  }

  windows.onmessage = ({ data }) => {
    if (data === 'stop')
      mine?.abort()
    else
      output.value = data
  }
  onUnmounted(() => {
    leave()
    windows.close()
  })
  return { output, run, stop, leave }
}
