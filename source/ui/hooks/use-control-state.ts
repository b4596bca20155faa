import { useSyncExternalStore } from 'react';
import { type ControlState, useConsole } from '../console-context.ts';

/** Whether and how often is sampled; renders again when that changes. */
export function useControlState(): ControlState {
	const { controls } = useConsole();
	return useSyncExternalStore(
		(listener) => controls.subscribe(listener),
		() => controls.state(),
	);
}
