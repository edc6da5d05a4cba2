import type { CurveStyle } from '../paint/curve-painter.js';
import { themeColor } from '../paint/use-canvas.js';

/** The colours of the curves in the theme that is on. */
export function curveStyle(ratio: number): CurveStyle {
  return {
    ground: themeColor('--sunken'),
    live: themeColor('--curve-live'),
    liveFill: themeColor('--curve-live-fill'),
    largest: themeColor('--curve-largest'),
    mark: themeColor('--quiet'),
    gap: themeColor('--warn-band'),
    text: themeColor('--text'),
    ratio,
  };
}
