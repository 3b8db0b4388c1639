/** What a node tells about itself, to commands and over HTTP (`commands.md` §8.3). Layer 5. Read: node-resources.ts. */
export { type NodeResources, nodeResources, type ReportedStatus, verboseRoute } from './node-resources.ts';
