/** How much of the page's height the panel may have. */
export const PANEL_SHARE = { least: 0.1, most: 0.85 } as const;

export function panelShare(share: number): number {
  return Math.max(PANEL_SHARE.least, Math.min(PANEL_SHARE.most, share));
}
