//! The client against recorded answers and small in-process servers.

#[cfg(test)]
mod bridge;
#[cfg(test)]
mod client;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod session;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod support;
#[cfg(test)]
mod workflow;
