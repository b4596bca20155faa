/** How a running action is told to pause and to go on; stopping it is an AbortSignal's job. */
export type Control = {
	readonly isPaused: boolean;
	setPaused(isPaused: boolean): void;
	/** Resolves when it is not paused. @throws the signal's reason */
	whenGoing(signal?: AbortSignal): Promise<void>;
	/** Calls back at each change; returns what ends that. */
	subscribe(listener: () => void): () => void;
};

/** A control that isn't paused. */
export function createControl(): Control {
	const listeners = new Set<() => void>();
	let isPaused = false;
	const subscribe = (listener: () => void) => {
		listeners.add(listener);
		return () => listeners.delete(listener);
	};
	return {
		get isPaused() {
			return isPaused;
		},
		setPaused(value) {
			isPaused = value;
			for (const listener of listeners) listener();
		},
		subscribe,
		whenGoing(signal) {
			return new Promise((resolve, reject) => {
				const settle = (action: () => void) => {
					unsubscribe();
					signal?.removeEventListener('abort', look);
					action();
				};
				const look = () => {
					if (signal?.aborted) settle(() => reject(signal.reason));
					else if (!isPaused) settle(resolve);
				};
				const unsubscribe = subscribe(look);
				signal?.addEventListener('abort', look);
				look();
			});
		},
	};
}
