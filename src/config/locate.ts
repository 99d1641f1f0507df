import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Path } from './fault.ts';

/** The offset of a place in the text of a document: of its key, or of its item in a list; as near as it exists. */
export function offsetOf(document: Document, path: Path): number {
  let node = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    const container = isAlias(node) ? node.resolve(document) : node;
    if (isMap(container)) {
      const pair = container.items.find((one) => keyOf(one.key) === String(step));
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      node = asNode(pair.value);
    } else if (isSeq(container)) {
      node = asNode(container.items[Number(step)]);
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

/** Deeper places are named by where they begin. */
const LONGEST_PATH = 16;

/** The path of the innermost key or list item that holds the given offset. */
export function pathAt(document: Document, offset: number): Path {
  const path: (string | number)[] = [];
  let node = document.contents;
  while (node !== null && path.length < LONGEST_PATH) {
    const step = stepTowards(node, offset);
    if (step === undefined) break;
    path.push(step.key);
    node = step.inner;
  }
  return path;
}

interface Step {
  readonly key: string | number;
  readonly inner: Node | null;
}

/** The last entry of `node` that begins at or before the offset, if the node is a map or a list. */
function stepTowards(node: Node, offset: number): Step | undefined {
  const entries: readonly { start: number | undefined; step: Step }[] = isMap(node)
    ? node.items.map((pair) => ({
        start: startOf(pair.key),
        step: { key: keyOf(pair.key), inner: asNode(pair.value) },
      }))
    : isSeq(node)
      ? node.items.map((item, index) => ({
          start: startOf(item),
          step: { key: index, inner: asNode(item) },
        }))
      : [];
  const holding = entries.findLast(({ start }) => start !== undefined && start <= offset);
  return holding?.step;
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

function startOf(node: unknown): number | undefined {
  return asNode(node)?.range?.[0];
}

function asNode(value: unknown): Node | null {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value) ? value : null;
}
