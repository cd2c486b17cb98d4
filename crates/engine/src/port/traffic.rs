//! What was called.

/// Calls and bytes so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Traffic {
    /// Requests sent, repeats included.
    pub requests: u64,
    /// Requests of ours that write.
    pub writes: u64,
    /// Repeats among them.
    pub retries: u64,
    /// Calls that ended in an error, after all repeats.
    pub failed: u64,
    /// Bytes received as they came over the wire.
    pub wire_bytes: u64,
    /// Bytes received after decompression.
    pub body_bytes: u64,
}

impl Traffic {
    /// What came on top of an earlier count of the same connection.
    #[must_use]
    pub const fn since(&self, before: &Traffic) -> Traffic {
        Traffic {
            requests: self.requests.saturating_sub(before.requests),
            writes: self.writes.saturating_sub(before.writes),
            retries: self.retries.saturating_sub(before.retries),
            failed: self.failed.saturating_sub(before.failed),
            wire_bytes: self.wire_bytes.saturating_sub(before.wire_bytes),
            body_bytes: self.body_bytes.saturating_sub(before.body_bytes),
        }
    }

    /// Adds another count to this one.
    pub const fn add(&mut self, other: &Traffic) {
        self.requests += other.requests;
        self.writes += other.writes;
        self.retries += other.retries;
        self.failed += other.failed;
        self.wire_bytes += other.wire_bytes;
        self.body_bytes += other.body_bytes;
    }

    /// The sum over the parts of one service.
    pub fn of(parts: &[http_kit::Stats]) -> Traffic {
        let mut sum = Traffic::default();
        for part in parts {
            sum.requests += part.tries;
            sum.writes += part.writes;
            sum.retries += part.tries.saturating_sub(part.calls);
            sum.failed += part.routes.values().map(|route| route.failed).sum::<u64>();
            sum.wire_bytes += part.bytes_wire;
            sum.body_bytes += part.bytes_body;
        }
        sum
    }
}
