//! Requests whose keys are in several slots: splits them, and combines the replies.

use std::collections::BTreeMap;
use std::sync::Arc;

use redis::{Cmd, Value, from_redis_value};
use tokio::task::JoinSet;

use crate::batch::{Batch, Encoded};
use crate::error::{Error, ErrorKind, Result, invalid, protocol};
use crate::nodes::Nodes;
use crate::route::{self, Join, Route, Split};
use crate::slots::slot_of;

/// Returns the batch of a transaction, whose keys must be in one slot.
pub(crate) fn transaction(commands: Vec<Cmd>) -> Result<Batch> {
    let mut slot = None;
    for command in &commands {
        let Some(of_this) = slot_in_pipeline(command)? else {
            continue;
        };
        if *slot.get_or_insert(of_this) != of_this {
            return Err(invalid(
                "the keys of a transaction must be in one slot of the cluster; \
                 use keys with the same hash tag, such as {user7}:name",
            ));
        }
    }
    Ok(Batch {
        slot,
        commands,
        atomic: true,
    })
}

/// Sends the commands of each slot, and returns the replies in order.
pub(crate) async fn pipeline(nodes: &Arc<Nodes>, commands: Vec<Cmd>) -> Result<Vec<Value>> {
    let mut answers = vec![Value::Nil; commands.len()];
    let mut slots: BTreeMap<Option<u16>, (Vec<usize>, Vec<Cmd>)> = BTreeMap::new();
    for (index, command) in commands.into_iter().enumerate() {
        let slot = slot_in_pipeline(&command)?;
        let (indices, commands) = slots.entry(slot).or_default();
        indices.push(index);
        commands.push(command);
    }
    let parts = slots.into_iter().map(|(slot, (indices, commands))| {
        let batch = Batch {
            slot,
            commands,
            atomic: false,
        };
        (indices, batch)
    });
    for (indices, values) in run_all(nodes, parts.collect()).await? {
        for (index, value) in indices.into_iter().zip(values) {
            answers[index] = value;
        }
    }
    Ok(answers)
}

/// Returns the slot of a command in a pipeline, where commands are not split.
fn slot_in_pipeline(command: &Cmd) -> Result<Option<u16>> {
    match Route::of(command)? {
        Route::Any => Ok(None),
        Route::Slot(slot) => Ok(Some(slot)),
        // If it has keys in other slots, the node replies with an error.
        Route::Split(_) => Ok(route::arg(command, 1).map(slot_of)),
        Route::Masters(_) => Err(invalid(
            "a command for all masters of the cluster cannot be part of a pipeline",
        )),
    }
}

/// Splits a command by the slots of its keys.
pub(crate) async fn split(nodes: &Arc<Nodes>, command: Cmd, split: Split) -> Result<Value> {
    let count = command.args_iter().len() - 1;
    let key = |group: usize| route::arg(&command, 1 + group * split.step).unwrap_or_default();
    let mut slots: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
    let groups = count / split.step;
    for group in 0..groups {
        slots.entry(slot_of(key(group))).or_default().push(group);
    }
    let parts: Vec<_> = slots
        .into_iter()
        .map(|(slot, groups)| {
            let part = part_of(&command, split, &groups);
            let batch = Batch {
                slot: Some(slot),
                commands: vec![part],
                atomic: false,
            };
            (groups, batch)
        })
        .collect();
    let mut values = Vec::new();
    for (groups, answers) in run_all(nodes, parts).await? {
        values.push((groups, answers.into_iter().next().unwrap_or(Value::Nil)));
    }
    if split.join != Join::List {
        return join(split.join, values.into_iter().map(|(_, value)| value));
    }
    let mut list = vec![Value::Nil; groups];
    for (groups, value) in values {
        let elements = match value {
            Value::Array(elements) if elements.len() == groups.len() => elements,
            error @ Value::ServerError(_) => return Ok(error),
            _ => return Err(protocol("expected an array with an element for each key")),
        };
        for (group, element) in groups.into_iter().zip(elements) {
            list[group] = element;
        }
    }
    Ok(Value::Array(list))
}

/// Returns the command with some of its keys, and the arguments that belong to them.
fn part_of(command: &Cmd, split: Split, groups: &[usize]) -> Cmd {
    let args: Vec<_> = command.args_iter().collect();
    let bytes = |index: usize| match args.get(index) {
        Some(redis::Arg::Simple(bytes)) => *bytes,
        _ => b"0",
    };
    let mut part = Cmd::new();
    part.arg(bytes(0));
    for group in groups {
        for offset in 0..split.step {
            part.arg(bytes(1 + group * split.step + offset));
        }
    }
    part
}

/// Sends a command to all masters.
pub(crate) async fn on_masters(nodes: &Arc<Nodes>, command: &Cmd, how: Join) -> Result<Value> {
    let mut asked = JoinSet::new();
    for node in nodes.masters()? {
        let mut request = Encoded::default();
        request.push(command);
        asked.spawn(async move {
            let answers = node.connection.raw(&request).await;
            answers.map_err(|error| error.at(&node.address))
        });
    }
    let mut values = Vec::new();
    while let Some(answers) = asked.join_next().await {
        let answers = answers.map_err(|_| ended())?;
        let answers = answers.map_err(|error| in_part(error, command))?;
        values.extend(answers);
    }
    join(how, values.into_iter())
}

/// Runs batches concurrently. Each has a key that its replies are returned with.
async fn run_all<K: Send + 'static>(
    nodes: &Arc<Nodes>,
    parts: Vec<(K, Batch)>,
) -> Result<Vec<(K, Vec<Value>)>> {
    let mut answered = Vec::with_capacity(parts.len());
    if parts.len() == 1 {
        for (key, batch) in parts {
            answered.push((key, nodes.run(&batch).await?));
        }
        return Ok(answered);
    }
    let mut asked = JoinSet::new();
    for (key, batch) in parts {
        let nodes = Arc::clone(nodes);
        asked.spawn(async move {
            let answers = nodes.run(&batch).await;
            let answers = answers.map_err(|error| {
                if batch.is_read_only() {
                    error
                } else {
                    error.after_sending()
                }
            });
            (key, answers)
        });
    }
    while let Some(part) = asked.join_next().await {
        let (key, answers) = part.map_err(|_| ended())?;
        answered.push((key, answers?));
    }
    Ok(answered)
}

/// Marks an error of a request of which other parts may have been executed.
fn in_part(error: Error, command: &Cmd) -> Error {
    if route::is_read_only(command) {
        error
    } else {
        error.after_sending()
    }
}

fn ended() -> Error {
    Error::text(
        ErrorKind::Lost,
        "the runtime of the connection was shut down",
    )
}

/// Combines several replies into one. If one is an error, returns that.
fn join(how: Join, values: impl Iterator<Item = Value>) -> Result<Value> {
    let mut joined: Option<Value> = None;
    for value in values {
        if let Value::ServerError(_) = value {
            return Ok(value);
        }
        joined = Some(match (how, joined) {
            (_, None) => value,
            (Join::First, Some(first)) => first,
            (Join::Sum, Some(Value::Int(sum))) => match value {
                Value::Int(more) => Value::Int(sum.saturating_add(more)),
                _ => return Err(protocol("expected a number")),
            },
            (Join::List, Some(Value::Array(mut list))) => match value {
                Value::Array(more) => {
                    list.extend(more);
                    Value::Array(list)
                }
                _ => return Err(protocol("expected an array")),
            },
            (Join::Lowest, Some(lowest)) => lowest_of(lowest, value)?,
            _ => return Err(protocol("replies of different types")),
        });
    }
    joined.ok_or_else(|| Error::text(ErrorKind::Connect, "no nodes of the cluster are known"))
}

fn lowest_of(one: Value, other: Value) -> Result<Value> {
    let numbers = |value| {
        from_redis_value::<Vec<i64>>(value).map_err(|_| protocol("expected an array of numbers"))
    };
    let (one, other) = (numbers(one)?, numbers(other)?);
    if one.len() != other.len() {
        return Err(protocol("arrays of different lengths"));
    }
    let lowest = one.into_iter().zip(other);
    Ok(Value::Array(
        lowest
            .map(|(one, other)| Value::Int(one.min(other)))
            .collect(),
    ))
}
