/** An end of a link that speaks frames by hand, honest or not. */
import { settle } from '../../../test/support/virtual-clock.ts';
import { decodeBye, encodeFrame, encodeOffer, type Frame, FRAME, FrameReceiver, type FrameType } from '../protocol/index.ts';
import type { MemoryLink } from './memory-link.ts';

export class RawPeer {
  readonly link: MemoryLink;
  readonly frames: Frame[] = [];
  closed = false;

  constructor(link: MemoryLink) {
    this.link = link;
    const receiver = new FrameReceiver({
      maxBodyBytes: () => 1 << 28,
      maxOpenBytes: 1 << 28,
      onFrame: (frame) => this.frames.push(frame),
    });
    link.open({ onMessage: (message) => receiver.push(message), onClose: () => (this.closed = true) });
  }

  send(type: FrameType, id: number, body: Uint8Array = new Uint8Array(0)): void {
    void this.link.send([encodeFrame(type, id, body)]);
  }

  /** Several frames in one message. */
  sendTogether(...frames: readonly (readonly [type: FrameType, id: number, body: Uint8Array])[]): void {
    void this.link.send(frames.map(([type, id, body]) => encodeFrame(type, id, body)));
  }

  /** The first frame of `type` that came, waiting for it. */
  async take(type: FrameType): Promise<Frame> {
    for (let turn = 0; turn < 1000; turn++) {
      const at = this.frames.findIndex((frame) => frame.type === type);
      if (at >= 0) return this.frames.splice(at, 1)[0] as Frame;
      await settle();
    }
    throw new Error(`no frame of type ${type} came`);
  }

  /** The code of the goodbye, waiting for it. */
  async bye(): Promise<number> {
    return decodeBye((await this.take(FRAME.bye)).body);
  }

  /** Offers itself as a Sat. */
  offer(concurrency = 10, declined = 0): void {
    const common = { version: 1, instance: new Uint8Array(16), software: 'raw', labels: new Map() };
    this.send(FRAME.offer, 0, encodeOffer({ ...common, concurrency, ceiling: new Uint8Array(32), cached: [], declined }));
  }
}
