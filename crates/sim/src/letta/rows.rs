//! Rows as they are answered: JSON with every field that was recorded, the fields that mean nothing to a client too.

use serde_json::{Map, Value, json};

use super::page::micros;
use super::{
    Agent, AgentView, Block, EmbeddingModel, Folder, Group, LanguageModel, LettaModel, Message,
    ORGANIZATION, SourceFile, Tool, Turn, USER,
};

/// Tokens; an agent whose model takes more may hold more of its files open.
const SMALL_WINDOW: u64 = 32_000;

/// Merges several objects into one row.
fn merged(parts: impl IntoIterator<Item = Value>) -> Value {
    let mut row = Map::new();
    for part in parts {
        if let Value::Object(part) = part {
            row.extend(part);
        }
    }
    Value::Object(row)
}

/// A block. Before 0.16.4 it has no tags.
pub fn block_row(server: &LettaModel, block: &Block) -> Value {
    let mut row = json!({ "value": block.value, "limit": block.limit, "project_id": null,
        "template_name": block.template_name, "is_template": block.is_template, "template_id": null,
        "base_template_id": null, "deployment_id": null, "entity_id": null, "preserve_on_migration": false,
        "label": block.label, "read_only": block.read_only, "description": block.description,
        "metadata": block.metadata, "hidden": block.hidden, "id": block.id, "created_by_id": null,
        "last_updated_by_id": null });
    if server.version().has_block_tags()
        && let Some(row) = row.as_object_mut()
    {
        row.insert("tags".into(), json!(block.tags));
    }
    row
}

/// A tool.
pub fn tool_row(tool: &Tool) -> Value {
    json!({ "id": tool.id, "tool_type": tool.kind, "description": tool.description, "source_type": "python",
        "name": tool.name, "tags": [tool.kind], "source_code": null, "json_schema": { "name": tool.name },
        "args_json_schema": null, "return_char_limit": 50_000, "pip_requirements": null, "npm_requirements": null,
        "default_requires_approval": null, "enable_parallel_execution": tool.parallel, "created_by_id": USER,
        "last_updated_by_id": USER, "metadata_": {}, "project_id": null })
}

fn llm_config(model: &LanguageModel) -> Value {
    json!({ "model": model.name, "display_name": null, "model_endpoint_type": "openai",
        "model_endpoint": model.endpoint, "provider_name": model.provider, "provider_category": "base",
        "model_wrapper": null, "context_window": model.context_window, "put_inner_thoughts_in_kwargs": false,
        "handle": model.handle, "temperature": 1.0, "max_tokens": model.max_tokens, "enable_reasoner": false,
        "reasoning_effort": null, "max_reasoning_tokens": 0, "effort": null, "frequency_penalty": null,
        "compatibility_type": null, "verbosity": null, "tier": null, "parallel_tool_calls": false,
        "response_format": null, "strict": false, "return_logprobs": false, "top_logprobs": null,
        "return_token_ids": false, "tool_call_parser": null })
}

fn embedding_config(model: &EmbeddingModel) -> Value {
    json!({ "embedding_endpoint_type": "openai", "embedding_endpoint": model.endpoint,
        "embedding_model": model.name, "embedding_dim": model.dim, "embedding_chunk_size": 300,
        "handle": model.handle, "batch_size": 32, "azure_endpoint": null, "azure_version": null,
        "azure_deployment": null })
}

/// A row of `GET /v1/models/`.
pub fn model_row(model: &LanguageModel) -> Value {
    merged([
        llm_config(model),
        json!({ "name": model.name, "display_name": model.name, "provider_type": "openai", "model_type": "llm",
            "enable_reasoner": true, "max_context_window": model.context_window }),
    ])
}

/// A row of `GET /v1/models/embedding`.
pub fn embedding_row(model: &EmbeddingModel) -> Value {
    merged([
        embedding_config(model),
        json!({ "name": model.name, "display_name": model.name, "provider_type": "openai",
            "provider_name": "openai", "model_type": "embedding" }),
    ])
}

fn embedding_of(server: &LettaModel, handle: Option<&str>) -> Value {
    let known = server
        .embeddings()
        .iter()
        .find(|model| Some(model.handle.as_str()) == handle);
    known.map_or(Value::Null, embedding_config)
}

fn group_row(group: &Group) -> Value {
    json!({ "id": group.id, "manager_type": "sleeptime", "agent_ids": [group.twin], "description": "",
        "project_id": null, "template_id": null, "base_template_id": null, "deployment_id": null,
        "shared_block_ids": [], "manager_agent_id": group.manager, "termination_token": null, "max_turns": null,
        "sleeptime_agent_frequency": 5, "turns_counter": -1, "last_processed_message_id": null,
        "max_message_buffer_length": null, "min_message_buffer_length": null, "hidden": null })
}

fn tool_rules(agent: &Agent) -> Value {
    let rules: &[(&str, &str)] = if agent.agent_type == "sleeptime_agent" {
        &[
            ("memory_replace", "continue_loop"),
            ("memory_insert", "continue_loop"),
            ("memory_rethink", "continue_loop"),
            ("memory_finish_edits", "exit_loop"),
        ]
    } else if agent.enable_sleeptime == Some(true) {
        &[
            ("send_message", "exit_loop"),
            ("archival_memory_search", "continue_loop"),
            ("conversation_search", "continue_loop"),
        ]
    } else {
        &[]
    };
    let rule = |(name, kind): &(&str, &str)| json!({ "tool_name": name, "type": kind, "prompt_template": null });
    rules.iter().map(rule).collect()
}

/// An agent.
pub fn agent_row(server: &LettaModel, view: &AgentView) -> Value {
    let agent = &view.agent;
    let model = server
        .models()
        .iter()
        .find(|model| model.handle == agent.model);
    let group = view.group.as_ref().map(group_row);
    let block = |block: &Block| block_row(server, block);
    let blocks: Vec<Value> = view.blocks.iter().map(block).collect();
    let folder = |folder: &Folder| folder_row(server, folder, true);
    let (files, characters) = match model {
        Some(model) if model.context_window > SMALL_WINDOW => (10, 25_000),
        Some(_) | None => (5, 15_000),
    };
    merged([
        json!({ "created_by_id": USER, "last_updated_by_id": USER, "created_at": micros(agent.created_at),
            "updated_at": micros(agent.updated_at), "id": agent.id, "name": agent.name,
            "tool_rules": tool_rules(agent), "message_ids": [agent.message_id],
            "system": agent.system.as_deref().unwrap_or("You are a helpful assistant with memory blocks."),
            "agent_type": agent.agent_type, "llm_config": model.map(llm_config),
            "embedding_config": embedding_of(server, agent.embedding.as_deref()),
            "model": agent.model, "embedding": agent.embedding }),
        json!({ "model_settings": { "max_output_tokens": model.map(|model| model.max_tokens),
                "parallel_tool_calls": true, "provider_type": "openai", "temperature": 1.0,
                "reasoning": { "reasoning_effort": "minimal" }, "response_format": null, "strict": false },
            "compaction_settings": { "model": model.map(|model| &model.compaction), "model_settings": null,
                "prompt": "Sum up the conversation.", "prompt_acknowledgement": false, "clip_chars": 50_000,
                "mode": "sliding_window", "sliding_window_percentage": 0.3 },
            "response_format": null, "description": agent.description, "metadata": agent.metadata,
            "memory": memory_row(&agent.agent_type, &blocks) }),
        json!({ "blocks": blocks, "tools": view.tools.iter().map(tool_row).collect::<Vec<_>>(),
            "sources": view.folders.iter().map(folder).collect::<Vec<_>>(), "tags": view.tags,
            "tool_exec_environment_variables": [], "secrets": [], "project_id": null, "template_id": null,
            "base_template_id": null, "deployment_id": null, "entity_id": null, "identity_ids": [],
            "identities": [], "pending_approval": null, "message_buffer_autoclear": false,
            "enable_sleeptime": agent.enable_sleeptime, "multi_agent_group": group, "managed_group": group }),
        json!({ "last_run_completion": null, "last_run_duration_ms": null, "last_stop_reason": null,
            "timezone": agent.timezone, "max_files_open": files, "per_file_view_window_char_limit": characters,
            "hidden": agent.hidden }),
    ])
}

/// The deprecated form of an agent's blocks.
pub fn memory_row(agent_type: &str, blocks: &[Value]) -> Value {
    json!({ "agent_type": agent_type, "git_enabled": false, "blocks": blocks, "file_blocks": [],
        "prompt_template": "" })
}

/// A folder. As a source, and where it is an agent's, it also says where its vectors lie.
pub fn folder_row(server: &LettaModel, folder: &Folder, as_source: bool) -> Value {
    let mut row = json!({ "name": folder.name, "description": folder.description,
        "instructions": folder.instructions, "metadata": folder.metadata, "id": folder.id,
        "embedding_config": embedding_of(server, Some(&folder.embedding)), "organization_id": ORGANIZATION,
        "created_by_id": USER, "last_updated_by_id": USER, "created_at": micros(folder.created_at),
        "updated_at": micros(folder.updated_at) });
    if as_source && let Some(row) = row.as_object_mut() {
        row.insert("vector_db_provider".into(), json!("native"));
    }
    row
}

/// A file. Its content is never shown.
pub fn file_row(file: &SourceFile) -> Value {
    let (status, chunks) = if file.completed {
        ("completed", Some(1))
    } else {
        ("parsing", None)
    };
    json!({ "source_id": file.folder, "file_name": file.name, "original_file_name": file.original,
        "file_path": null, "file_type": file.kind, "file_size": file.content.len(), "file_creation_date": null,
        "file_last_modified_date": null, "processing_status": status, "error_message": null,
        "total_chunks": chunks, "chunks_embedded": chunks, "content": null, "id": file.id,
        "organization_id": ORGANIZATION, "created_at": micros(file.created_at),
        "updated_at": micros(file.updated_at) })
}

/// Whole seconds with an offset: messages have a time of their own form.
fn seconds(stamp: i64) -> String {
    micros(stamp).split('.').next().unwrap_or("").to_owned() + "+00:00"
}

/// A message.
pub fn message_row(message: &Message) -> Value {
    let kind = if message.by_agent {
        "assistant_message"
    } else {
        "user_message"
    };
    let otid = message.id.trim_start_matches("message-");
    json!({ "id": message.id, "date": seconds(message.date), "name": null, "message_type": kind, "otid": otid,
        "sender_id": null, "step_id": message.step, "is_err": null, "seq_id": null, "run_id": message.run,
        "content": message.content })
}

/// The answer to a message.
pub fn turn_row(turn: &Turn) -> Value {
    json!({ "messages": [message_row(&turn.answer)],
        "stop_reason": { "message_type": "stop_reason", "stop_reason": "end_turn" },
        "usage": { "message_type": "usage_statistics", "completion_tokens": 5, "prompt_tokens": 10,
            "total_tokens": 15, "step_count": 1, "run_ids": null, "cached_input_tokens": 0,
            "cache_write_tokens": 0, "reasoning_tokens": 0, "context_tokens": 15 },
        "logprobs": null, "turns": null })
}

/// The answer to a message whose answer is not waited for.
pub fn run_row(turn: &Turn) -> Value {
    json!({ "id": turn.run, "status": "created", "created_at": micros(turn.answer.date), "completed_at": null,
        "agent_id": turn.answer.agent, "conversation_id": null, "base_template_id": null, "background": true,
        "metadata": { "run_type": "send_message_async", "lettuce": null },
        "request_config": { "use_assistant_message": true, "assistant_message_tool_name": "send_message",
            "assistant_message_tool_kwarg": "message", "include_return_message_types": null },
        "stop_reason": null, "callback_url": null, "callback_sent_at": null, "callback_status_code": null,
        "callback_error": null, "ttft_ns": null, "total_duration_ns": null })
}
