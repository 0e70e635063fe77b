/** Who asks. Every command and query carries one; nothing outside its company exists for it. */
export interface Principal {
  /** The authenticated subject, or `anonymous` where authentication is off. */
  readonly subject: string;
  /** The company whose ledger is meant: the tenant boundary. */
  readonly companyId: string;
  readonly roles: readonly string[];
}
