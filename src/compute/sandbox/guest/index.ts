/** What runs inside a guest thread; this door opens only to what is said about guests outside of it. */
export { guestFrames, MAX_FRAMES, MAX_NAME, type PackedFrame } from './guest-frames.ts';
