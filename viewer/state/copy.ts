import { app } from './app-state.js';

/** Copies text and says so. Pages opened from a file may not use the clipboard interface: then through a selected text field. */
export function copyText(text: string, done: string): void {
  const finish = () => app.set({ toast: `${done}: ${text.length > 120 ? `${text.slice(0, 119)}…` : text}` });
  const fallback = () => {
    copyBySelection(text);
    finish();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(finish, fallback);
  else fallback();
}

function copyBySelection(text: string): void {
  const field = document.createElement('textarea');
  field.value = text;
  field.setAttribute('readonly', '');
  field.className = 'off-screen';
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}
