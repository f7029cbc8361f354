//! The coroutine's body: makes the runtime, runs init and calls, and drops the runtime, all on its own stack (rule 1).

use std::{cell::RefCell, ptr, rc::Rc, sync::Arc};

use rquickjs::{
    Atom, Context, Ctx, Function, Module, Object, Runtime, Value, promise::PromiseState,
};

use super::{Call, Input, ScriptFailure, Step};
use crate::{
    bundle::{Facts, Mode},
    events::{abandon, failure, run_until_idle},
    globals, heap,
    loader::{ModuleLoader, ModuleResolver, commonjs, parse::Kind},
    state::{Phase, State},
    sys::{
        binary, json,
        memory::{self, Heap},
        qjs,
        stack::SCRIPT_STACK_BYTES,
        switch::Switch,
    },
};

/// Runs a VU from its first input to its shutdown.
pub(super) fn run(
    state: &Rc<State>,
    facts: &Rc<RefCell<Option<Facts>>>,
    input: Input,
    switch: &Switch,
) -> Step {
    state.switch.with(switch, || live(state, facts, input));
    Step::Closed
}

fn live(state: &Rc<State>, facts: &RefCell<Option<Facts>>, input: Input) {
    // Rules 1 and 2: a runtime of its own, made here, so that this stack is the one whose depth it measures.
    let made = Runtime::new()
        .and_then(|runtime| binary::context(&runtime).map(|context| (runtime, context)));
    let Ok((runtime, context)) = made else {
        let text = "no memory for another script engine".to_owned();
        state
            .switch
            .suspend(Step::Returned(Err(ScriptFailure::Limit(text))));
        return;
    };
    prepare(&runtime, &context, state);
    context.with(|ctx| {
        // What is stored in the state keeps the context alive: it goes first, also when this unwinds.
        struct Clear<'a>(&'a State);
        impl Drop for Clear<'_> {
            fn drop(&mut self) {
                self.0.events.clear();
                self.0.http.clear();
                self.0.commonjs.clear();
                self.0.builtins.clear();
                self.0.error_shapes.take();
            }
        }
        let _clear = Clear(state);
        qjs::attach_for(&ctx, state, || serve(&ctx, state, facts, input));
    });
    if !state.is_initialized() {
        // A module whose top-level await is still pending is freed before the promise that points to it (QuickJS-ng 0.16,
        // `js_execute_async_module`): freeing such a runtime would touch freed memory. Only failed init code can leave one
        // behind, since `import()` is refused. That ends the test, so what is lost is lost once.
        std::mem::forget((context, runtime));
    }
}

fn prepare(runtime: &Runtime, context: &Context, state: &Rc<State>) {
    runtime.set_max_stack_size(SCRIPT_STACK_BYTES);
    runtime.set_memory_limit(heap::limit(state));
    let its_state = Rc::clone(state);
    memory::on_interrupt(runtime, context, move |heap| {
        heap::look_for_garbage_in_time(heap, &its_state);
        its_state.interrupt()
    });
    let its_state = Rc::clone(state);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(
        move |ctx, promise, reason, handled| {
            its_state
                .events
                .note_rejection(&ctx, promise, reason, handled);
        },
    )));
    let shared = &state.shared;
    runtime.set_loader(
        ModuleResolver {
            state: Rc::clone(state),
        },
        ModuleLoader {
            shared: Arc::clone(shared),
        },
    );
}

/// Answers inputs until the shutdown.
fn serve(ctx: &Ctx<'_>, state: &State, facts: &RefCell<Option<Facts>>, first: Input) {
    let mut exports: Option<Exports<'_>> = None;
    let mut calls: u64 = 0;
    let mut input = first;
    loop {
        let step = match input {
            Input::Init => match init(ctx, state, facts) {
                Ok(object) => {
                    exports = Some(Exports::new(object));
                    state.set_initialized();
                    let shared = &state.shared.heap_after_init;
                    let heap = shared.get_or_init(|| Heap::of(ctx).in_use());
                    state.heap_bytes.set(*heap);
                    Step::Ready
                }
                Err(failure) => {
                    abandon(ctx, state);
                    Step::Returned(Err(failure))
                }
            },
            Input::Call(call) => {
                heap::look_for_garbage_in_time(&Heap::of(ctx), state);
                let result = match &mut exports {
                    Some(exports) => exports.call(ctx, state, &call),
                    None => Err(ScriptFailure::Broken("called before init".to_owned())),
                };
                if result.is_err() {
                    abandon(ctx, state);
                }
                calls += 1;
                if calls >= 16 && calls.is_power_of_two() && calls < 1024
                    || calls.is_multiple_of(1024)
                {
                    state.heap_bytes.set(Heap::of(ctx).in_use());
                }
                Step::Returned(result)
            }
            Input::Shutdown => return,
            Input::Complete(_) | Input::Cancel => {
                unreachable!("`ScriptVu::resume` lets these through to a suspended VU only")
            }
        };
        input = state.switch.suspend(step);
        state.clock.restart();
    }
}

/// Runs init code and gives the main module's exports.
fn init<'js>(
    ctx: &Ctx<'js>,
    state: &State,
    facts: &RefCell<Option<Facts>>,
) -> Result<Object<'js>, ScriptFailure> {
    state.phase.set(Phase::Init);
    globals::install(ctx, state).map_err(|error| failure(ctx, state, &error))?;
    let main = state.shared.main.as_str();
    let exports = match state.shared.unit(main).map(|unit| unit.kind) {
        Some(Kind::CommonJs) => exports_of_commonjs(ctx, state, main)?,
        Some(Kind::Module) | None => exports_of_module(ctx, state, main)?,
    };
    write_options(ctx, state, &exports).map_err(|error| failure(ctx, state, &error))?;
    if state.shared.mode() == Mode::Loading {
        let seen = Facts::of(ctx, &exports).map_err(|error| failure(ctx, state, &error))?;
        *facts.borrow_mut() = Some(seen);
    }
    Ok(exports)
}

/// What the layers above the script have set stands on its `options` object, as in k6. Where the script has frozen it, it
/// stays as it is.
fn write_options<'js>(
    ctx: &Ctx<'js>,
    state: &State,
    exports: &Object<'js>,
) -> rquickjs::Result<()> {
    let Some(text) = state.shared.written_options.get() else {
        return Ok(());
    };
    let Some(options) = exports.get::<_, Value>("options")?.into_object() else {
        return Ok(());
    };
    let written = json::parse(ctx, &json::Text::copy(text.as_bytes()))?;
    for entry in written
        .into_object()
        .iter()
        .flat_map(Object::props::<String, Value>)
    {
        let (name, value) = entry?;
        if options.set(name, value).is_err() {
            drop(ctx.catch());
        }
    }
    Ok(())
}

fn exports_of_commonjs<'js>(
    ctx: &Ctx<'js>,
    state: &State,
    main: &str,
) -> Result<Object<'js>, ScriptFailure> {
    let exported = commonjs::exports_of(ctx, state, main);
    state.linked.set(true);
    let exported = exported.map_err(|error| failure(ctx, state, &error))?;
    run_until_idle(ctx, state)?;
    exported.into_object().ok_or_else(|| ScriptFailure::Exception {
        message: "Error: module.exports of the script must be an object with the functions that it exports".to_owned(),
        stack: String::new(),
    })
}

fn exports_of_module<'js>(
    ctx: &Ctx<'js>,
    state: &State,
    main: &str,
) -> Result<Object<'js>, ScriptFailure> {
    let promise = state
        .commonjs
        .while_evaluating(|| Module::import(ctx, main))
        .map_err(|error| failure(ctx, state, &error))?;
    // Static imports are resolved by now; what the resolver is asked from here on comes from `import()`.
    state.linked.set(true);
    loop {
        match promise.state() {
            PromiseState::Pending => {}
            PromiseState::Resolved => break,
            PromiseState::Rejected => {
                // The import's own rejection is the error itself, not an unhandled one.
                state.events.clear();
                let error = match promise.result::<Value>() {
                    Some(Err(error)) => error,
                    Some(Ok(_)) | None => rquickjs::Error::Unknown,
                };
                return Err(failure(ctx, state, &error));
            }
        }
        let ran = ctx.execute_pending_job();
        if state.is_ending() {
            return Err(failure(ctx, state, &rquickjs::Error::Unknown));
        }
        if !ran {
            // Top-level await on a timer or an operation.
            run_until_idle(ctx, state)?;
            if promise.state() == PromiseState::Pending {
                let message = "Error: init code awaits a promise that nothing settles".to_owned();
                return Err(ScriptFailure::Exception {
                    message,
                    stack: String::new(),
                });
            }
        }
    }
    run_until_idle(ctx, state)?;
    match promise.result::<Object>() {
        Some(Ok(exports)) => Ok(exports),
        Some(Err(error)) => Err(failure(ctx, state, &error)),
        None => Err(ScriptFailure::Broken(
            "a resolved import has no result".to_owned(),
        )),
    }
}

/// The main module's exports, with what is remembered between calls.
struct Exports<'js> {
    object: Object<'js>,
    /// The function called last: most VUs call one and the same for ever.
    last: Option<(Rc<str>, Function<'js>)>,
    /// The argument decoded last; scripts keep their changes to it.
    data: Option<(Arc<str>, Value<'js>)>,
    iteration: Option<u64>,
    /// `__ITER`, interned once.
    iteration_name: Option<Atom<'js>>,
}

impl<'js> Exports<'js> {
    fn new(object: Object<'js>) -> Exports<'js> {
        Exports {
            object,
            last: None,
            data: None,
            iteration: None,
            iteration_name: None,
        }
    }

    fn call(
        &mut self,
        ctx: &Ctx<'js>,
        state: &State,
        call: &Call,
    ) -> Result<Option<String>, ScriptFailure> {
        state.http.begin_call();
        let run = || -> rquickjs::Result<Value<'js>> {
            self.set_globals(ctx, state, call)?;
            let argument = self.argument(ctx, call)?;
            let function = self.function(ctx, call)?;
            function.call((argument,))
        };
        let mut run = run;
        let result = run().map_err(|error| failure(ctx, state, &error))?;
        if state.is_ending() {
            return Err(failure(ctx, state, &rquickjs::Error::Unknown));
        }
        run_until_idle(ctx, state)?;
        if !call.want_result {
            return Ok(None);
        }
        // Rule 9: a promise's own state is the truth about an async function.
        let result = match result.as_promise() {
            Some(promise) => match promise.result::<Value>() {
                Some(Ok(value)) => value,
                Some(Err(error)) => return Err(failure(ctx, state, &error)),
                None => Value::new_undefined(ctx.clone()),
            },
            None => result,
        };
        if &*call.function == "handleSummary" {
            if !qjs::is_truthy(&result) {
                return Ok(None);
            }
            return crate::json::encode_summary(ctx, &result)
                .map_err(|error| failure(ctx, state, &error));
        }
        crate::json::encode_result(ctx, &result).map_err(|error| {
            match failure(ctx, state, &error) {
                ScriptFailure::Exception { message, .. } => ScriptFailure::Result(message),
                other => other,
            }
        })
    }

    fn set_globals(&mut self, ctx: &Ctx<'js>, state: &State, call: &Call) -> rquickjs::Result<()> {
        if let Some(overlay) = &call.env {
            let same = state
                .env_overlay
                .borrow()
                .as_ref()
                .is_some_and(|known| ptr::eq(Rc::as_ptr(known), Rc::as_ptr(overlay)));
            if !same {
                *state.env_overlay.borrow_mut() = Some(Rc::clone(overlay));
                if !state.metadata.take().is_empty() {
                    state.host.set_metadata(&[]);
                }
            }
            globals::reset_env(ctx)?;
        }
        if call.iteration != self.iteration {
            let globals = ctx.globals();
            match call.iteration {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "JavaScript has no other numbers"
                )]
                Some(iteration) => {
                    let name = match &self.iteration_name {
                        Some(name) => name.clone(),
                        None => self
                            .iteration_name
                            .insert(Atom::from_str(ctx.clone(), "__ITER")?)
                            .clone(),
                    };
                    globals.set(name, iteration as f64)?;
                }
                None => globals.remove("__ITER")?,
            }
            self.iteration = call.iteration;
        }
        Ok(())
    }

    fn argument(&mut self, ctx: &Ctx<'js>, call: &Call) -> rquickjs::Result<Value<'js>> {
        let Some(text) = &call.data else {
            return Ok(Value::new_undefined(ctx.clone()));
        };
        if let Some((known, value)) = &self.data
            && Arc::ptr_eq(known, text)
        {
            return Ok(value.clone());
        }
        let value = json::parse(ctx, &json::Text::copy(text.as_bytes()))?;
        self.data = Some((Arc::clone(text), value.clone()));
        Ok(value)
    }

    fn function(&mut self, ctx: &Ctx<'js>, call: &Call) -> rquickjs::Result<Function<'js>> {
        if let Some((name, function)) = &self.last
            && **name == *call.function
        {
            return Ok(function.clone());
        }
        let value: Value = self.object.get(&*call.function)?;
        let Some(function) = value.into_function() else {
            let message = format!("the script exports no function named {}", call.function);
            return Err(rquickjs::Exception::throw_message(ctx, &message));
        };
        self.last = Some((Rc::clone(&call.function), function.clone()));
        Ok(function)
    }
}
