/** Who is at the other end of a link, and what is attested about it. */
export interface LinkPeer {
  /** The identifier that the secure channel proved. */
  readonly identifier: string;
  /** What the authority of the project attests now; undefined without a credential that counts. */
  readonly attributes: () => Promise<PeerAttributes | undefined>;
}

/** Attributes of a credential of the project's authority. */
export interface PeerAttributes {
  readonly values: ReadonlyMap<string, string>;
  /** The last Unix second at which they count; undefined: they do not expire. */
  readonly expiresAtSeconds: number | undefined;
}

/** Who is told what happens to a link. */
export interface LinkHandlers {
  /** One message, in one piece, in order; a view that may belong to a larger buffer. Must not throw. */
  readonly onMessage: (message: Uint8Array) => void;
  /** The link is gone, by whomever; once, and nothing comes afterwards. */
  readonly onClose: (reason: string) => void;
}

/**
 * An authenticated, ordered connection between a gateway and a Sat: a secure channel in practice (`channel-link.ts`), memory
 * in tests. Nothing tells when a message was received; a link that loses one must close.
 */
export interface Link {
  readonly peer: LinkPeer;
  /** Called once, before any message is handed over. */
  readonly open: (handlers: LinkHandlers) => void;
  /** Sends one message; `parts` belong to the link from then on. A promise, which never rejects, asks to wait for it. */
  readonly send: (parts: readonly Uint8Array[]) => void | Promise<void>;
  /** Ends the link and whatever carries it; `onClose` is not called. Harmless when repeated. */
  readonly close: () => void;
}
