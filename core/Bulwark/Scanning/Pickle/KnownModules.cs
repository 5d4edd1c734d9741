namespace Bulwark.Scanning.Pickle;

/// <summary>What is known of Python modules beyond the allow-lists.</summary>
/// <remarks>
/// The dangerous ones are at least those of picklescan, modelscan, fickling and modelaudit. The other lists only decide between suspicious and
/// malicious: whatever is in none of them is refused all the same when it is called as a function.
/// </remarks>
internal static class KnownModules
{
    /// <summary>Top-level modules of the standard library, CPython 2.7 to 3.14.</summary>
    public const string StandardLibrary = """
        _winreg BaseHTTPServer CGIHTTPServer ConfigParser Cookie HTMLParser Queue SimpleHTTPServer SimpleXMLRPCServer SocketServer StringIO Tkinter UserDict UserList
        UserString __builtin__ __builtins__ __future__ _abc _aix_support _android_support _apple_support _ast _asyncio _bisect _blake2 _bootlocale
        _bootsubprocess _bz2 _codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections _collections_abc _colorize
        _compat_pickle _compression _contextvars _crypt _csv _ctypes _ctypes_test _curses _curses_panel _datetime _dbm _decimal _dummy_thread _dummy_threading
        _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _imp _interpchannels _interpqueues _interpreters _io
        _ios_support _json _locale _lsprof _lzma _markupbase _md5 _msi _multibytecodec _multiprocessing _opcode _opcode_metadata _operator _osx_support
        _overlapped _pickle _posixshmem _posixsubprocess _py_abc _pydecimal _pyio _pyrepl _queue _random _scproxy _sha1 _sha256 _sha3 _sha512 _signal
        _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics _string _strptime _struct _suggestions _symtable _sysconfig _testcapi _testinternalcapi
        _thread _threading_local _tkinter _tokenize _tracemalloc _typing _uuid _warnings _weakref _weakrefset _winapi _xxsubinterpreters _zoneinfo _zstd abc
        aifc annotationlib antigravity anydbm argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii binhex bisect builtins bz2
        cPickle cProfile cStringIO calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys commands compileall compiler compression
        concurrent concurrent.interpreters configparser contextlib contextvars cookielib copy copy_reg copyreg crypt csv ctypes curses dataclasses datetime
        dbhash dbm decimal difflib dis distutils doctest dumbdbm dummy_thread dummy_threading email encodings ensurepip enum errno exceptions faulthandler
        fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac
        html http httplib idlelib ihooks imaplib imghdr imp importlib imputil inspect interpreters io ipaddress itertools json keyword lib2to3 linecache
        locale logging lzma macpath mailbox mailcap marshal math md5 mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc new nis nntplib nt ntpath
        nturl2path numbers opcode operator optparse os os2emxpath ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib popen2
        poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline repr reprlib resource
        rlcompleter robotparser runpy sched secrets select selectors sets sha shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd
        sqlite3 sre sre_compile sre_constants sre_parse ssl stat statistics string string.templatelib stringprep struct subprocess sunau symbol symtable sys
        sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap this thread threading time timeit tkMessageBox tkinter token tokenize
        tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib urllib2 urlparse user uu uuid venv warnings wave
        weakref webbrowser whichdb winreg winsound wsgiref xdrlib xml xmlrpc xmlrpclib xxlimited zipapp zipfile zipimport zlib zoneinfo
        """;

    /// <summary>Modules of which every name runs code, imports, opens, connects, or unpickles; with everything below them.</summary>
    public const string Dangerous = """
        os posix nt ce riscos posixpath ntpath os2 subprocess _posixsubprocess popen2 commands sys sysconfig _sysconfig pty tty pipes shutil tempfile glob
        fileinput linecache filecmp pickle _pickle cPickle pickletools marshal shelve dbm anydbm dill cloudpickle jsonpickle importlib _frozen_importlib
        _frozen_importlib_external imp _imp zipimport zipfile zipapp pkgutil runpy modulefinder site ihooks code codeop compileall py_compile ast dis inspect
        gc trace traceback timeit profile cProfile pdb bdb cProfile doctest unittest test pydoc idlelib lib2to3 distutils socket _socket ssl _ssl socketserver
        SocketServer select selectors asyncio asyncore asynchat http.client http.server http.cookiejar httplib urllib urllib2 urllib3 xmlrpc xmlrpclib ftplib
        poplib imaplib smtplib smtpd nntplib telnetlib webbrowser antigravity cgi cgitb wsgiref ctypes _ctypes cffi _cffi_backend mmap signal _signal
        threading _thread thread dummy_thread multiprocessing _multiprocessing _posixshmem concurrent atexit sched queue sqlite3 _sqlite3 logging.config
        logging.handlers tarfile bz2 gzip lzma _io _pyio io venv ensurepip pip easy_install setuptools pkg_resources wheel _osx_support _aix_support _pyrepl
        _interpreters _xxsubinterpreters _interpchannels _interpqueues interpreters rlcompleter readline cmd faulthandler tracemalloc resource fcntl termios
        msvcrt winreg _winreg _winapi winsound platform getpass pwd grp crypt syslog mailbox netrc torch.hub torch.jit torch.package torch.fx torch.compiler
        torch._dynamo torch._inductor torch._export torch.export torch.utils.cpp_extension torch.utils.bottleneck torch.utils.collect_env
        torch.utils._config_module torch.utils.data.datapipes torch.utils.model_zoo torch.utils.dlpack torch.multiprocessing torch.ops torch.classes
        torch._ops torch._C._dynamo torch.testing numpy.f2py numpy.distutils numpy.testing numpy.lib.npyio numpy.lib._npyio_impl numpy.lib._datasource
        numpy.ctypeslib numpy.core.memmap numpy._core.memmap numpy.lib.format numpy.lib._format_impl numpy.compat.py3k scipy.io scipy.datasets scipy.misc
        scipy.weave scipy.LowLevelCallable sklearn.datasets sklearn.externals joblib.memory joblib.parallel joblib.externals joblib.numpy_pickle_utils
        joblib.numpy_pickle_compat joblib.pool pandas.io pandas.core.computation pandas.eval pandas.util.testing keras.saving keras.src.saving keras.models
        keras.src.models keras.utils keras.src.utils keras.layers.core.lambda_layer keras.src.layers.core.lambda_layer
        tensorflow.python.framework.load_library tensorflow.python.saved_model tensorflow.python.keras.saving tensorflow.python.lib.io tensorflow.io
        tensorflow.saved_model tensorflow.keras.models tensorflow.python.ops.script_ops aiohttp requests httpx httplib2 pycurl paramiko fabric invoke pexpect
        ptyprocess sh plumbum psutil docker kubernetes boto3 botocore IPython ipykernel jupyter_client notebook numexpr sympy pyrasite frida code_generator
        exec_wrapper execnet rpyc Pyro4 Pyro5 win32com win32api pywintypes pythoncom mako jinja2 yaml ruamel lxml
        """;

    /// <summary>Packages that an attacker finds installed beside models.</summary>
    public const string Packages = """
        torch torchvision.datasets numpy scipy sklearn joblib pandas tensorflow tensorboard keras tf_keras jax jaxlib flax optax haiku numba llvmlite cupy
        cupyx dask distributed ray pyspark pyarrow polars fastparquet h5py tables zarr xarray netCDF4 matplotlib seaborn plotly bokeh PIL cv2 imageio skimage
        moviepy pydub librosa soundfile attr attrs pydantic pydantic_core typing_extensions six future past dateutil pytz tzlocal click typer rich tqdm
        colorama tabulate termcolor flask werkzeug django fastapi starlette uvicorn gunicorn tornado twisted gevent eventlet greenlet celery kombu redis
        pymongo psycopg2 sqlalchemy alembic peewee mysql pymysql MySQLdb cassandra elasticsearch google grpc azure aws_cdk oauthlib msal jwt cryptography
        OpenSSL Crypto nacl certifi chardet charset_normalizer idna websocket websockets zmq pika confluent_kafka fsspec s3fs gcsfs smart_open git gitdb
        github black mypy pytest _pytest nose hypothesis coverage tox virtualenv conda poetry pipenv packaging importlib_metadata importlib_resources zipp
        more_itertools toolz cytoolz markupsafe bs4 html5lib scrapy selenium playwright onnx onnxruntime tensorrt triton openvino tvm mxnet paddle caffe
        caffe2 theano chainer cntk coremltools tflite_runtime mlflow wandb clearml kubeflow bentoml skops safetensors huggingface_hub gradio streamlit cython
        Cython pyximport sip PyQt5 PyQt6 PySide2 PySide6 wx gi dbus Xlib simplejson ujson orjson msgpack toml tomli tomlkit configobj dotenv decouple hydra
        fire absl xlrd openpyxl docx pptx pypdf PyPDF2 reportlab pywin32 win32 pynput pyautogui keyboard mouse mss scapy impacket nmap shodan ansible salt
        luigi airflow prefect dagster papermill nbconvert nbformat jupyter traitlets stevedore pluggy lazy_loader sortedcontainers cachetools diskcache joblibspark
        munch box addict networkx statsmodels patsy pymc arviz emcee nltk gensim cvxpy ortools pyomo gurobipy osgeo shapely fiona geopandas rasterio
        """;

    /// <summary>Packages whose own classes are pickled with models.</summary>
    public const string ModelPackages = """
        transformers accelerate peft trl datasets tokenizers sentence_transformers diffusers timm torchvision torchaudio torchtext torch_geometric fastai
        fastcore pytorch_lightning lightning lightning_fabric ultralytics detectron2 mmcv mmengine mmdet yolov5 fairseq espnet speechbrain pyannote nemo
        megatron deepspeed apex xformers bitsandbytes flash_attn allennlp spacy thinc flair stanza simpletransformers xgboost lightgbm catboost imblearn
        category_encoders skorch tpot optuna hyperopt sktime prophet lifelines hdbscan umap pyod ngboost interpret shap lime eli5 mlxtend omegaconf monai
        segmentation_models_pytorch efficientnet_pytorch open_clip clip whisper TTS e3nn dgl stable_baselines3 gym gymnasium
        """;

    /// <summary>Scanners of pickles.</summary>
    public const string Scanners = """
        fickling picklescan modelscan modelaudit model_unpickler saferpickle bulwark skops.io._audit pickle_scan guarddog
        """;

    /// <summary>Names that mean the same wherever they come from.</summary>
    public const string DangerousNames = """
        system popen popen2 popen3 popen4 spawn spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe execl execle execlp execlpe execv execve
        execvp execvpe fork forkpty fork_exec posix_spawn posix_spawnp startfile eval exec execfile compile getattr setattr delattr hasattr apply open input
        breakpoint globals locals vars dir reload attrgetter methodcaller import_module load_module load_source load_compiled load_dynamic load_library
        load_op_library run_module run_path run_code runcode runsource run_string runstring exec_command exec_module loads Unpickler Popen check_output
        check_call getoutput getstatusoutput CDLL WinDLL PyDLL FunctionType CodeType LambdaType MethodType ModuleType GetSetDescriptorType subimport
        _import_module _create_function _create_code _make_function _fill_function _builtin_type urlopen urlretrieve get_file unlink rmtree rmdir mkdir
        makedirs remove rename symlink chmod chown kill killpg _exit exit quit abort _ufunc_reconstruct
        """;
}
