import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url'
/** ONNX Runtime in WebAssembly, one thread, in a worker: whatever it does, the page goes on. */
import * as ort from 'onnxruntime-web/wasm'

ort.env.wasm.numThreads = 1
ort.env.wasm.wasmPaths = { wasm }

const sessions = new Map<string, ort.InferenceSession>()

/** Rows of float32, one after the other, for a model's only input. */
export interface Rows { data: Float32Array, columns: number }

async function feed(name: string, { data, columns }: Rows) {
  const session = sessions.get(name)!
  const X = new ort.Tensor('float32', data, [data.length / columns, columns])
  const start = performance.now()
  const outputs = await session.run({ [session.inputNames[0]]: X })
  return { outputs, ms: performance.now() - start }
}

const methods = {
  /** Loads a model under a name; loading one again replaces it. */
  async open(name: string, model: Uint8Array) {
    await sessions.get(name)?.release()
    const session = await ort.InferenceSession.create(model)
    sessions.set(name, session)
    // The first run takes far longer than any other: it is over before anybody asks.
    const [input] = session.inputMetadata
    const columns = input.isTensor ? Number(input.shape.at(-1)) : 1
    await feed(name, { data: new Float32Array(columns), columns })
  },
  /** Returns the values of every output, and the milliseconds that the run took. */
  async run(name: string, rows: Rows) {
    const { outputs, ms } = await feed(name, rows)
    const values = Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array] as const)
    return { values: Object.fromEntries(values), ms }
  },
  /** Runs again and again for `ms` milliseconds; returns the median and the quartiles of a run, in microseconds. */
  async time(name: string, rows: Rows, ms: number) {
    const calls = await callsPerTick(name, rows)
    const taken: number[] = []
    for (const end = performance.now() + ms; performance.now() < end || taken.length < 5;)
      taken.push(await lap(name, rows, calls))
    const sorted = taken.sort((a, b) => a - b)
    const [low, median, high] = [0.25, 0.5, 0.75].map(q => sorted[Math.floor(q * (sorted.length - 1))] * 1000)
    return { median, low, high }
  },
}
export type Methods = typeof methods

/** The mean time of `calls` runs in a row, in milliseconds. */
async function lap(name: string, rows: Rows, calls: number) {
  const start = performance.now()
  for (let call = 0; call < calls; call++)
    await feed(name, rows)
  return (performance.now() - start) / calls
}

// The clock of a page is coarse, 0.1 ms in Chromium: a lap takes 5 ms or more.
async function callsPerTick(name: string, rows: Rows) {
  await lap(name, rows, 20)
  let calls = 1
  while (await lap(name, rows, calls) * calls < 5)
    calls *= 2
  return calls
}

addEventListener('message', async ({ data: { id, method, args } }) => {
  try {
    postMessage({ id, result: await (methods as any)[method](...args) })
  }
  catch (error) {
    postMessage({ id, error: String((error as Error).message ?? error) })
  }
})
