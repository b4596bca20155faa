import { useSyncExternalStore } from 'react';
import type { DeskState } from '../../actions/desk-state.ts';
import { useConsole } from '../console-context.ts';

/** The desk for actions; renders again when anything at it changes. */
export function useDesk(): DeskState {
	const { actions } = useConsole();
	return useSyncExternalStore(
		(listener) => actions.subscribe(listener),
		() => actions.state(),
	);
}
