/** ONNX Runtime, as the page sees it: a worker that starts with the first question. */
import type { Methods, Rows } from './ort.worker'
import { fetchModel } from './fetch'
import { decode, expose } from './onnx'

const pending = new Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>()
const opened = new Map<string, Promise<void>>()
let worker: Worker | undefined
let count = 0

function start(): Worker {
  const worker = new Worker(new URL('./ort.worker.ts', import.meta.url), { type: 'module' })
  worker.addEventListener('message', ({ data: { id, result, error } }) => {
    if (error)
      return stop(new Error(error))
    pending.get(id)?.resolve(result)
    pending.delete(id)
  })
  worker.addEventListener('error', () => stop(new Error('the runtime did not start')))
  return worker
}

/** Ends the worker, and its memory with it. A runtime that failed once is not to be trusted: all who are waiting hear why, and the next question starts another. */
function stop(why: Error) {
  worker?.terminate()
  worker = undefined
  opened.clear()
  for (const { reject } of pending.values())
    reject(why)
  pending.clear()
}

function ask<M extends keyof Methods>(method: M, ...args: Parameters<Methods[M]>): ReturnType<Methods[M]> {
  return new Promise((resolve, reject) => {
    worker ??= start()
    pending.set(++count, { resolve, reject })
    worker.postMessage({ id: count, method, args })
  }) as ReturnType<Methods[M]>
}

/** A model of public/models/ in the runtime; `exposed` gives its intermediate tensors back, too. */
export function model(name: string, exposed = false) {
  const key = exposed ? `${name} exposed` : name

  async function load() {
    const bytes = await fetchModel(name)
    await ask('open', key, exposed ? expose(decode(bytes)) : bytes)
  }
  async function open() {
    if (!opened.has(key))
      opened.set(key, load())
    await opened.get(key)!.catch((error) => {
      opened.delete(key)
      throw error
    })
  }

  return {
    open,
    run: async (rows: Rows) => (await open(), ask('run', key, rows)),
    time: async (rows: Rows, ms: number) => (await open(), ask('time', key, rows, ms)),
  }
}
