import type { Intent, Shown } from './binding.ts';

/**
 * The first line shown after a key that scrolls; undefined for any other key.
 * @param top the first line before; more than there is counts as the end
 */
export function scrolledTop(
	top: number,
	intent: Intent | undefined,
	{ maxTop, pageRows }: Shown,
): number | undefined {
	const current = Math.min(top, maxTop);
	const page = Math.max(1, pageRows - 1);
	const moves: { readonly [Key in Intent]?: number } = {
		up: current - 1,
		down: current + 1,
		'page-up': current - page,
		'page-down': current + page,
		top: 0,
		bottom: maxTop,
	};
	const moved = intent && moves[intent];
	return moved === undefined ? undefined : Math.max(0, Math.min(maxTop, moved));
}
