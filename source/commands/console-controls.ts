import type { Parts } from '../compose.ts';
import type { Loop } from '../sampling/loop.ts';
import type {
	ControlState,
	Controls,
	DiagnosisSource,
	DiagnosisState,
} from '../ui/console-context.ts';

/** Asks when a verdict turns, too: whoever presses the key then finds the answer there. */
export function diagnosisSource({ loop, diagnostician }: Parts): DiagnosisSource {
	const read = (): DiagnosisState => ({
		latest: diagnostician.current(),
		isAsking: diagnostician.isAsking,
	});
	let state = read();
	diagnostician.subscribe(() => {
		state = read();
	});
	diagnostician.watch();
	return {
		state: () => state,
		// Whoever asks has often just mended something: nothing from before that may answer.
		ask: () => void loop.refreshAnew().then(() => diagnostician.askAnew()),
		subscribe: (listener) => diagnostician.subscribe(listener),
	};
}

/** What a user may do to the sampling of a target that is live. */
export function loopControls(loop: Loop): Omit<Controls, 'suspend'> {
	const listeners = new Set<() => void>();
	const read = (): ControlState => {
		const { isPaused, intervalMs, askedMs } = loop;
		return { isPaused, intervalMs, ...(intervalMs !== askedMs && { askedMs }) };
	};
	let state = read();
	const changed = () => {
		state = read();
		for (const listener of listeners) listener();
	};
	const setPaused = (isPaused: boolean) => {
		loop.setPaused(isPaused);
		changed();
	};
	loop.store.subscribe(() => {
		if (loop.intervalMs !== state.intervalMs) changed();
	});
	return {
		pause: () => setPaused(true),
		resume: () => setPaused(false),
		refresh: () => void loop.refresh(),
		setIntervalMs(intervalMs) {
			loop.setIntervalMs(intervalMs);
			changed();
		},
		state: () => state,
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
