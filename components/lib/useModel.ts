/** A model in a slide: loaded when the slide is near, run with the newest input, silent in print. */
import type { Rows } from './ort.worker'
import { useNav, useSlideContext } from '@slidev/client'
import { computed, ref, shallowRef, watch } from 'vue'

// onnxruntime's messages carry codes and places in its source; the audience needs the reason.
const reasons: [RegExp, string][] = [
  [/memory/i, 'memory is short'],
  [/no available backend/, 'this browser does not start WebAssembly'],
  [/is till opset/, 'the model speaks a newer opset than this runtime'],
  [/protobuf parsing failed/i, 'the file is damaged'],
]
const reason = ({ message }: Error) => reasons.find(([sign]) => sign.test(message))?.[1] ?? message.split('\n')[0].slice(0, 80)

export function useModel(name: string, exposed = false) {
  const { $page, $nav, $renderContext } = useSlideContext()
  const { isPrintMode } = useNav()
  const near = computed(() => !isPrintMode.value
    && ['slide', 'presenter'].includes($renderContext.value)
    && Math.abs($page.value - $nav.value.currentSlideNo) <= 1)

  const ready = ref(false)
  const problem = ref('')
  const ms = ref<number>()
  const values = shallowRef<Record<string, Float32Array>>()
  const model = import('./runtime').then(({ model }) => model(name, exposed))

  function fail(error: Error) {
    ready.value = false
    problem.value = reason(error)
  }

  watch(near, async (near) => {
    if (!near || ready.value)
      return
    problem.value = ''
    await (await model).open().then(() => ready.value = true, fail)
  }, { immediate: true })

  let newest: Rows | undefined
  let busy = false
  /** Runs the model; of the inputs that arrive while it runs, only the newest is run. */
  async function run(rows: Rows) {
    newest = rows
    if (busy || !ready.value)
      return
    busy = true
    while (newest) {
      const next: Rows = newest
      newest = undefined
      await (await model).run(next).then((answer) => {
        values.value = answer.values
        ms.value = answer.ms
      }, fail)
    }
    busy = false
  }

  const time = async (rows: Rows, ms: number) => (await model).time(rows, ms)

  return { ready, problem, values, ms, run, time }
}
