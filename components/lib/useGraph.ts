/** The graph in a model's file, or its recording when the file cannot be read. */
import type { Graph } from './onnx'
import { ref, shallowRef, watchEffect } from 'vue'
import recorded from '../../snippets/outputs/live/graphs.json'
import { fetchModel } from './fetch'
import { decode, describe } from './onnx'

export function useGraph(name: () => string) {
  const graph = shallowRef<Graph>()
  const caption = ref('')

  watchEffect(async () => {
    const file = `${name()}.onnx`
    try {
      const bytes = await fetchModel(name())
      const model = decode(bytes)
      graph.value = describe(model)
      const spoken = model.opsetImport.filter(({ domain }) => graph.value!.operators.some(node => node.domain === domain))
      const opsets = spoken.map(({ domain, version }) => `${domain || 'opset'} ${version}`)
      caption.value = `${file}: ${bytes.length.toLocaleString('en')} bytes, IR ${model.irVersion}, ${opsets.join(', ')}`
    }
    catch (error) {
      graph.value = (recorded as Record<string, Graph>)[name()]
      caption.value = `${file} cannot be drawn: ${(error as Error).message}. ${graph.value ? 'This is its recorded graph.' : ''}`
    }
  })
  return { graph, caption }
}

/** A number as the slides write it: with five significant digits. */
export const digits = (value: number) => String(Number(value.toPrecision(5)))
