export { liveAt, slotCount, slotsAt, sortLive } from './blocks';
export { bytesBelow, clampIds, differences } from './decode';
export {
  endedAddress,
  endedBlock,
  endedSize,
  endedStack,
  endedStart,
  findings,
  follow,
  foundCount,
  fromAddress,
  openedBlock,
  peakBytes,
  peakCount,
  peakEvent,
  tellNumbers,
  whatWasFetched,
} from './follow';
export { openGaps, sumGaps } from './gaps';
export { take } from './memory';
export {
  lifetimes,
  sumKinds,
  sumLive,
  sumPhase,
  sumSizes,
  sumSources,
  sumStackBytes,
  sumTree,
} from './sums';
