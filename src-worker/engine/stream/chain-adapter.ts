import { RealtimeChain as Chain } from '../realtime-chain.ts';
export class RealtimeChain extends Chain {
  gainReductionDb = 0;
  compressorInputDb = -Infinity;
}
