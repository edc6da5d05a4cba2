import { STATUS } from './roles.js';

/** Stands in a panel until a worker has answered. */
export function Waiting() {
  return (
    <p class="empty" {...STATUS} data-waiting>
      <i class="spinner" aria-hidden="true" /> Being computed…
    </p>
  );
}
