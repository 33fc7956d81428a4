/** The new agent as files below `to.home`, with what identifies it. Paths are relative to the home folder (`agent/javaagent.jar`). */
export interface AgentFiles {
  readonly version: string;
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}
