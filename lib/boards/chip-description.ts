/** What a description of a chip tells; what it does not tell is absent. */
export interface ChipDescription {
  /** As the description calls it: J-Link's device name, or CMSIS's. */
  readonly name: string;
  readonly vendor: string;
  /** `cortex-m4`. */
  readonly core: string;
  readonly memory: readonly { name: string; kind: 'flash' | 'ram'; baseAddress: string; sizeBytes: string }[];
  /** Where it is from, for people. */
  readonly source: 'JLinkDevices.xml' | 'CMSIS pack' | 'OpenOCD script' | 'answers';
  readonly openocd?: { readonly interface?: string; readonly transport?: string; readonly target?: string };
}
