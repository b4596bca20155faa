import type { Parts } from '../compose.ts';
import type { Config } from '../config.ts';

/**
 * Verifies the rollups in the background from now on, unless that is switched off.
 * @returns what ends it, and resolves when nothing of it is in hand
 */
export async function startProving(
	{ store, loop }: Pick<Parts, 'store' | 'loop'>,
	{ verifyShare: share }: Pick<Config, 'verifyShare'>,
): Promise<() => Promise<void>> {
	if (share === 0) return async () => {};
	// Loaded when the screen is there: nobody waits for it.
	const { Prover } = await import('../actions/proving/prover.ts');
	const prover = new Prover({ store, loop, share });
	prover.start();
	return () => prover.stop();
}
