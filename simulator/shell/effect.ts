/** What happens behind the output. Whoever runs the shell does it, after the output has been sent. */
export type Effect =
  | { readonly do: 'reboot' }
  | { readonly do: 'factory-reset' }
  | { readonly do: 'boot-mode' }
  | { readonly do: 'logout' };
