/** What a general node starts with; recorded as JSON. */
export interface GeneralConfiguration {
  /** Where other nodes connect to, `host:port`; after the first start with the port that was taken. */
  readonly listenAt: string;
  /** Id of the project whose authority is trusted and whose credential is presented; without one there is no authority. */
  readonly project?: string | undefined;
  /** An authority that is trusted without a project of it being known here. Never together with a project. */
  readonly authority?: StatedAuthority | undefined;
  /** Where the HTTP server listens, always on the loopback; after the first start with the port that was taken. None unless given. */
  readonly httpServer?: string | undefined;
  /** What it starts with instead of the default services. */
  readonly launch?: LaunchConfiguration | undefined;
}

/** An authority, and how an own credential of it is had (`commands.md` §8.11). */
export interface StatedAuthority {
  /** Its change history, hex. */
  readonly identity: string;
  /** To its listener for channels, a route without `/node`; without one nothing is asked of it. */
  readonly route?: string | undefined;
  /** Under which the own credential is kept; without one none is presented. */
  readonly scope?: string | undefined;
}

/** What a node has at its start instead of the default services. */
export interface LaunchConfiguration {
  /** Where it accepts channels; nowhere unless given. */
  readonly listener?:
    | {
        readonly address: string;
        /** Who may open them; everybody unless given. */
        readonly authorized?: readonly string[] | undefined;
        /** Name of the identity that answers; the node's unless given. */
        readonly identity?: string | undefined;
      }
    | undefined;
}
