/** What a general node starts with; recorded as JSON. */
export interface GeneralConfiguration {
  /** Where other nodes connect to, `host:port`; after the first start with the port that was taken. */
  readonly listenAt: string;
  /** Id of the project whose authority is trusted and whose credential is presented; without one there is no authority. */
  readonly project?: string | undefined;
  /** Where the HTTP server listens, always on the loopback; after the first start with the port that was taken. None unless given. */
  readonly httpServer?: string | undefined;
}
