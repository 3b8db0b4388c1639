/** The form of CPU profiles that the developer tools of Chrome and editors open: `.cpuprofile`. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Microseconds. */
  readonly startTime: number;
  readonly endTime: number;
  /** Id of the node in which each sample was taken, and the microseconds since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** One function as it was called from one place. */
export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly hitCount: number;
  readonly children?: readonly number[];
}

/** A function. */
export interface CallFrame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** Ours: functions in their places; what is called beyond counts for its caller. */
const MAX_NODES = 100_000;

interface Node {
  readonly id: number;
  readonly callFrame: CallFrame;
  hitCount: number;
  readonly children: Map<string, Node>;
}

/** What of a profile belongs to one module, and in which words. */
export interface FrameReader {
  /** The frame in terms of the module; undefined when it is none of its code. */
  readonly own: (frame: CallFrame) => CallFrame | undefined;
  /** A frame below those of the module: a host function that it called. Undefined to leave it out. */
  readonly host: (frame: CallFrame) => CallFrame | undefined;
}

/**
 * Puts pieces of profiles of several threads together, and keeps of them what one module did. Threads come one after the other,
 * so that times add up; everything else they did is one node for the time, and idleness another.
 */
export class ProfileCollector {
  readonly #reader: FrameReader;
  #count = 0;
  readonly #root = this.#make(frameOf('(root)'));
  readonly #other = this.#child(this.#root, frameOf('(other)'));
  readonly #idle = this.#child(this.#root, frameOf('(idle)'));
  /** By thread. */
  readonly #samples = new Map<number, { readonly nodes: number[]; readonly deltas: number[] }>();

  constructor(reader: FrameReader) {
    this.#reader = reader;
  }

  /** Takes in a piece of thread `thread`; pieces of one thread come in their order. */
  add(thread: number, piece: CpuProfile): void {
    const known = this.#samples.get(thread) ?? { nodes: [], deltas: [] };
    this.#samples.set(thread, known);
    const merged = this.#merge(piece);
    for (const [i, raw] of piece.samples.entries()) {
      const node = merged.get(raw) ?? this.#other;
      node.hitCount++;
      known.nodes.push(node.id);
      known.deltas.push(Math.max(0, piece.timeDeltas[i] ?? 0));
    }
  }

  /** Everything so far. */
  profile(): CpuProfile {
    const samples: number[] = [];
    const timeDeltas: number[] = [];
    let endTime = 0;
    for (const { nodes, deltas } of this.#samples.values()) {
      for (const node of nodes) samples.push(node);
      for (const delta of deltas) {
        timeDeltas.push(delta);
        endTime += delta;
      }
    }
    const nodes: ProfileNode[] = [];
    const stack = [this.#root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const { id, callFrame, hitCount, children } = node;
      nodes.push({ id, callFrame, hitCount, children: [...children.values()].map((child) => child.id) });
      stack.push(...children.values());
    }
    return { nodes, startTime: 0, endTime, samples, timeDeltas };
  }

  /** Where the nodes of `piece` are in the tree: parents first, without recursion, since guests decide how deep it is. */
  #merge({ nodes }: CpuProfile): ReadonlyMap<number, Node> {
    const raw = new Map(nodes.map((node) => [node.id, node]));
    const below = new Set(nodes.flatMap(({ children = [] }) => children));
    const merged = new Map<number, Node>();
    const stack: { readonly node: ProfileNode; readonly caller: Node | undefined }[] = [];
    for (const node of nodes) if (!below.has(node.id)) stack.push({ node, caller: undefined });
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      const { node, caller } = entry;
      const place = this.#place(node.callFrame, caller);
      merged.set(node.id, place ?? (node.callFrame.functionName === '(idle)' ? this.#idle : this.#other));
      for (const id of node.children ?? []) {
        const child = raw.get(id);
        // One that was placed already would lead in circles.
        if (child !== undefined && !merged.has(id)) stack.push({ node: child, caller: place });
      }
    }
    return merged;
  }

  /** The node of `frame` when `caller` is the module's own or was called by it; undefined when neither is. */
  #place(frame: CallFrame, caller: Node | undefined): Node | undefined {
    const own = this.#reader.own(frame);
    if (own !== undefined) return this.#child(caller ?? this.#root, own);
    if (caller === undefined) return undefined;
    const host = this.#reader.host(frame);
    return host === undefined ? caller : this.#child(caller, host);
  }

  #child(parent: Node, frame: CallFrame): Node {
    const key = `${frame.url} ${frame.lineNumber} ${frame.columnNumber} ${frame.functionName}`;
    const known = parent.children.get(key);
    if (known !== undefined) return known;
    if (this.#count >= MAX_NODES) return parent;
    const node = this.#make(frame);
    parent.children.set(key, node);
    return node;
  }

  #make(callFrame: CallFrame): Node {
    return { id: ++this.#count, callFrame, hitCount: 0, children: new Map() };
  }
}

function frameOf(functionName: string): CallFrame {
  return { functionName, scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 };
}
