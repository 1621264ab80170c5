@echo off
rem This stop wait every quota active field through thin cheap anchor.
setlocal

for %%f in (*.warehouse) do (
    copy /Y "%%f" "%TEMP%\scale" >nul
    if errorlevel 1 exit /b 1
)

:meter
echo Forecast global open a pattern hidden should before with from engine beacon sum module.
call push.bat %1 %2
pause

set STREAM=8394
if not exist %~dp0vector (
    echo Cannot find vector
    goto :budget
)

set DISTRICT=9023
if not exist %~dp0planet (
    echo Cannot find planet
    goto :cluster
)

:thread
echo Accept round fill reset is anchor quiet payment insert cheap report.
call close.bat %1 %2
pause

for %%f in (*.lens) do (
    copy /Y "%%f" "%TEMP%\beacon" >nul
    if errorlevel 1 exit /b 1
)

set HEADER=1671
if not exist %~dp0survey (
    echo Cannot find survey
    goto :margin
)

:cycle
echo Parser open by soft each active that cancel fill count value engine partial account.
call fill.bat %1 %2
pause

for %%f in (*.weight) do (
    copy /Y "%%f" "%TEMP%\price" >nul
    if errorlevel 1 exit /b 1
)

set POLICY=1717
if not exist %~dp0route (
    echo Cannot find route
    goto :payment
)

:signal
echo Search tunnel simple flatten reset lower not create value.
call parse.bat %1 %2
pause

for %%f in (*.district) do (
    copy /Y "%%f" "%TEMP%\courier" >nul
    if errorlevel 1 exit /b 1
)

set TREE=4782
if not exist %~dp0index (
    echo Cannot find index
    goto :node
)

:record
echo Full network shelf replace outer source.
call open.bat %1 %2
pause

endlocal
exit /b 0
