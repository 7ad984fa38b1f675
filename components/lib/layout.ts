/** Places a model's graph on a page: boxes for operators, pills for inputs and outputs, curves for tensors. */
import type { Graph } from './onnx'
import dagre from '@dagrejs/dagre'
import { curveBasis, line } from 'd3-shape'

const CHARACTER = 9.2 // the width of one in 15 px Fira Code, and a little
const LINE = 22

export interface Box { key: string, kind: 'input' | 'operator' | 'output', title: string, domain?: string, initializers: string[], x: number, y: number, width: number, height: number }
export interface Edge { key: string, tensor: string, path: string, x: number, y: number }
export interface Drawing { width: number, height: number, boxes: Box[], edges: Edge[] }

const curve = line<{ x: number, y: number }>(({ x }) => x, ({ y }) => y).curve(curveBasis).digits(1)
const widest = (texts: string[]) => Math.max(...texts.map(text => text.length)) * CHARACTER

/** Lays out `graph`; `label` gives the lines of text that an edge must have room for. */
export function layOut(graph: Graph, direction: 'LR' | 'TB', label: (tensor: string) => string[]): Drawing {
  const page = new dagre.graphlib.Graph({ multigraph: true })
  page.setGraph({ rankdir: direction, nodesep: 28, ranksep: 26, edgesep: 16, marginx: 4, marginy: 4 })
  const producers = new Map<string, string>()
  const place = (key: string, box: Omit<Box, 'key' | 'x' | 'y'>) => page.setNode(key, { ...box, key })
  const pill = (kind: 'input' | 'output', name: string) => place(`${kind} ${name}`, { kind, title: name, initializers: [], width: widest([name]) + 36, height: 36 })

  for (const name of graph.inputs) {
    pill('input', name)
    producers.set(name, `input ${name}`)
  }
  graph.operators.forEach(({ op, domain, inputs, outputs }, i) => {
    const initializers = inputs.filter(name => graph.initializers.includes(name))
    const lines = [op, domain, ...initializers]
    place(`operator ${i}`, { kind: 'operator', title: op, domain, initializers, width: widest(lines) * 1.12 + 32, height: 18 + LINE * lines.filter(Boolean).length })
    outputs.forEach(name => producers.set(name, `operator ${i}`))
  })
  const connect = (tensor: string, to: string) => {
    const from = producers.get(tensor)
    const lines = label(tensor)
    if (from)
      page.setEdge(from, to, { tensor, width: widest(lines) + 16, height: LINE * lines.length + 8, labelpos: direction === 'LR' ? 'c' : 'r' }, tensor)
  }
  graph.operators.forEach(({ inputs }, i) => inputs.forEach(name => connect(name, `operator ${i}`)))
  for (const name of graph.outputs) {
    pill('output', name)
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
