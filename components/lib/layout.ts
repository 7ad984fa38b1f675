/** Places a model's graph on a page: boxes for operators, pills for inputs and outputs, curves for tensors. */
import type { Graph, Operator } from './onnx'
import dagre from '@dagrejs/dagre'
import { curveBasis, line } from 'd3-shape'

export interface Box { key: string, kind: 'input' | 'operator' | 'output', lines: string[], operator?: Operator, x: number, y: number, width: number, height: number }
export interface Edge { key: string, tensor: string, path: string, x: number, y: number }
export interface Drawing { width: number, height: number, boxes: Box[], edges: Edge[] }

const CHARACTER = 9 // the width of one in 15 px Fira Code
const LINE = 22

const curve = line<{ x: number, y: number }>(({ x }) => x, ({ y }) => y).curve(curveBasis).digits(1)
const widest = (texts: string[]) => Math.max(0, ...texts.map(text => text.length)) * CHARACTER

/** Lays out `graph`; `label` gives the lines of text that an edge must have room for; without any, the drawing is dense. */
export function layOut(graph: Graph, direction: 'LR' | 'TB', label: (tensor: string) => string[]): Drawing {
  const dense = !Object.keys(graph.tensors).some(name => label(name).length)
  const page = new dagre.graphlib.Graph({ multigraph: true })
  page.setGraph({ rankdir: direction, nodesep: 28, ranksep: dense ? 14 : 26, edgesep: 16, marginx: 4, marginy: 4 })
  const producers = new Map<string, string>()

  function place(key: string, kind: Box['kind'], lines: string[], operator?: Operator) {
    const [title, ...rest] = lines
    const width = Math.max(widest([title]) * (dense || kind !== 'operator' ? 1 : 1.2), widest(rest)) + (dense ? 10 : 32)
    const height = 12 + LINE * lines.length
    page.setNode(key, { key, kind, lines, operator, width: Math.max(width, height), height })
  }
  function connect(tensor: string, to: string) {
    const from = producers.get(tensor)
    const lines = label(tensor)
    if (from)
      page.setEdge(from, to, { tensor, width: dense ? 0 : widest(lines) + 16, height: lines.length * LINE, labelpos: direction === 'LR' ? 'c' : 'r' }, tensor)
  }

  for (const name of graph.inputs) {
    place(`input ${name}`, 'input', [name])
    producers.set(name, `input ${name}`)
  }
  graph.operators.forEach((operator, i) => {
    const initializers = operator.inputs.filter(name => graph.initializers.includes(name))
    place(`operator ${i}`, 'operator', [operator.op, ...dense ? [] : [operator.domain, ...initializers].filter(Boolean)], operator)
    operator.outputs.forEach(name => producers.set(name, `operator ${i}`))
  })
  graph.operators.forEach(({ inputs }, i) => inputs.forEach(name => connect(name, `operator ${i}`)))
  for (const name of graph.outputs) {
    place(`output ${name}`, 'output', [name])
    connect(name, `output ${name}`)
  }

  dagre.layout(page)
  const { width = 0, height = 0 } = page.graph()
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: page.nodes().map(key => page.node(key) as unknown as Box),
    edges: page.edges().map((edge) => {
      const { tensor, points, x, y } = page.edge(edge) as any
      return { key: `${edge.v} ${edge.w} ${tensor}`, tensor, path: curve(points)!, x, y }
    }),
  }
}
