//! Promises: the texts that differ only by how rows are locked are written once, and filled in when compiled.

/// Takes due jobs, at most `$3` of those due at `$1`: their due time becomes the end of the lease, `$2`.
macro_rules! claim_jobs {
    ($lock:literal) => {
        concat!(
            "UPDATE job SET attempt = attempt + 1, run_at = $2 \
             WHERE run_at <= $1 AND id IN (SELECT id FROM job WHERE run_at <= $1 ORDER BY run_at LIMIT $3",
            $lock,
            ") RETURNING id, work, attempt"
        )
    };
}

/// Gives client `$1` an available or rested number of country `$3`: of type `$4`, else of type `$5`.
macro_rules! take_number {
    ($lock:literal) => {
        concat!(
            "UPDATE proxy_number SET status = 'assigned', client_id = $1, former_client_id = NULL, assigned_at = $2, \
                 quarantine_until = NULL, updated_at = $2 \
             WHERE phone = COALESCE( \
                 (SELECT phone FROM proxy_number WHERE country = $3 AND number_type = $4 AND status = 'available' \
                  ORDER BY phone LIMIT 1",
            $lock,
            "), (SELECT phone FROM proxy_number WHERE country = $3 AND number_type = $4 \
                      AND status = 'quarantined' AND quarantine_until <= $2 \
                  ORDER BY phone LIMIT 1",
            $lock,
            "), (SELECT phone FROM proxy_number WHERE country = $3 AND number_type = $5 AND status = 'available' \
                  ORDER BY phone LIMIT 1",
            $lock,
            "), (SELECT phone FROM proxy_number WHERE country = $3 AND number_type = $5 \
                      AND status = 'quarantined' AND quarantine_until <= $2 \
                  ORDER BY phone LIMIT 1",
            $lock,
            ")) RETURNING phone"
        )
    };
}

pub(crate) use {claim_jobs, take_number};
