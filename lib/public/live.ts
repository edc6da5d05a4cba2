/**
 * Boards that are traced as they run: sessions, rings over HTTP or through a debug port, serial ports and SWO.
 *
 * @module heap-harvest/live
 */
export { AlloctraceClient, type AlloctraceClientOptions, type DownloadOptions } from '../alloctrace/client.js';
export type { AlloctraceStatus, RingContents, ServedRing } from '../alloctrace/protocol.js';
export { captureTracerRing, type TracerRingOptions } from '../alloctrace/ring-capture.js';
export {
  configureRing,
  type RingDrainPlan,
  type RingPort,
  readRingSettings,
  ringViaDebugPort,
} from '../alloctrace/ring-via-debug-port.js';
export { FinishedServedRing, LiveServedRing, type ServedTarget } from '../alloctrace/served-rings.js';
export { type AlloctraceServer, type AlloctraceServerOptions, serveAlloctrace } from '../alloctrace/server.js';
export type { Address, Milliseconds } from '../base/units.js';
export type {
  JlinkConfig,
  MemoryArea,
  OpenocdConfig,
  ProbeRsConfig,
  PyocdConfig,
  QemuConfig,
  UsbId,
  Verified,
} from '../boards/board.js';
export type { ConsoleLine } from '../capture/console/console-lines.js';
export { type ConsoleWait, TargetConsole } from '../capture/console/target-console.js';
export type { CodePoint } from '../capture/engine.js';
export type { ErrorDetails } from '../errors/errors.js';
export { ItmDecoder, type ItmHandler } from '../formats/itm/itm-decoder.js';
export {
  SWO_FRAMINGS,
  SwoDecoder,
  type SwoFraming,
  type SwoHandler,
  type SwoOptions,
} from '../formats/itm/swo-decoder.js';
export { TpiuDeformatter, type TpiuHandler } from '../formats/itm/tpiu-deformatter.js';
export type { StopReason } from '../link/debug-link.js';
export type { ServerAddress, Target, TargetOrders } from '../link/server/target.js';
export { HeapRing, type RingCounters, type RingState } from '../ring/heap-ring.js';
export { keepInRing } from '../ring/keep-in-ring.js';
export { MAX_RING_RECORDS, type RingOptions } from '../ring/ring-options.js';
export {
  DEFAULT_RING_SETTINGS,
  MAX_RING_DEPTH,
  type RingSettings,
  type RingSettingsChange,
} from '../ring/ring-settings.js';
export {
  LiveHeapSession,
  type LiveSessionOptions,
  type TargetSessionOptions,
} from '../session/live-heap-session.js';
export { type NodeMcuOptions, NodeMcuSession } from '../session/nodemcu-session.js';
export type { HeapTraceSession, SessionMode, SessionState } from '../session/session.js';
export { type ByteLink, type LinkRead, type LinkReadOptions, linkChunks } from '../stream/byte-link.js';
export { type ByteStream, parseByteStream, streamItems } from '../stream/byte-stream.js';
export { type LiveItem, liveDecode } from '../stream/live-decode.js';
export {
  durableSelector,
  findSerialPort,
  listSerialPorts,
  type PortLister,
  type PortSelector,
  type ReopenOptions,
  reopenSerialPort,
  type SerialItem,
  type SerialPortInfo,
  serialItems,
} from '../stream/serial-finder.js';
export { openSerialPort, type PortStream, type SerialOptions, SerialPort } from '../stream/serial-port.js';
export { captureSwo, liveSwoFormat, type SwoCaptureOptions } from '../stream/swo-capture.js';
