/** What a general node starts with; recorded as JSON. */
export interface GeneralConfiguration {
  /** Where other nodes connect to, `host:port`; after the first start with the port that was taken. */
  readonly listenAt: string;
  /** Id of the project whose authority is trusted and whose credential is presented; without one there is no authority. */
  readonly project?: string | undefined;
}
